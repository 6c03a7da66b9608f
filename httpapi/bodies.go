package httpapi

import (
	"time"

	"github.com/icpcode/icpcode"
)

// What the bodies of requests hold. The account that asks, what is known of servers, how
// the asker was verified and what was paid is the service's to say, and has no
// member here. A code is named by its handle.
type (
	issueBody struct {
		Instance icpcode.InstanceID `json:"instance"`
		Quantity int                `json:"quantity"`
		Remark   string             `json:"remark,omitempty"`
		GrantTo  icpcode.AccountID  `json:"grant_to,omitempty"`
		Proof    string             `json:"proof,omitempty"`
	}
	submitAutoBody struct {
		Instance icpcode.InstanceID `json:"instance"`
		Filing   icpcode.Filing     `json:"filing"`
		Remark   string             `json:"remark,omitempty"`
	}
	buyBody struct {
		Quantity int    `json:"quantity"`
		Remark   string `json:"remark,omitempty"`
	}
	bindBody struct {
		Instance icpcode.InstanceID `json:"instance"`
	}
	grantBody struct {
		Codes   []string          `json:"codes"` // handles
		GrantTo icpcode.AccountID `json:"grant_to"`
		Proof   string            `json:"proof,omitempty"`
	}
	submitBody struct {
		Filing icpcode.Filing `json:"filing"`
	}
	approveBody struct {
		ICPNumber string   `json:"icp_number"`
		Replaces  []string `json:"replaces,omitempty"` // handles
	}
	endBody struct {
		End       icpcode.End `json:"end"`
		Successor string      `json:"successor,omitempty"` // a handle
		Reason    string      `json:"reason"`
	}
	correctBody struct {
		ICPNumber string `json:"icp_number"`
	}
	rejectBody struct {
		Rejection string `json:"rejection"`
	}
	stageBody struct {
		Stage icpcode.Stage `json:"stage"`
	}
	// reasonBody is of a release and a refund, where the reason is optional,
	// and of a void, which needs one.
	reasonBody struct {
		Reason string `json:"reason,omitempty"`
	}
	closeBody struct {
		Instance icpcode.InstanceID `json:"instance"`
		Refunded bool               `json:"refunded,omitempty"`
		Reason   string             `json:"reason"`
	}
	importBody struct {
		Code     string             `json:"code"` // whole
		State    icpcode.State      `json:"state"`
		Owner    icpcode.AccountID  `json:"owner"`
		Grantee  icpcode.AccountID  `json:"grantee,omitempty"`
		Instance icpcode.InstanceID `json:"instance,omitempty"`
		Product  icpcode.Product    `json:"product,omitempty"`
		Origin   icpcode.Origin     `json:"origin"`
		Issued   time.Time          `json:"issued"`
		Granted  time.Time          `json:"granted,omitzero"`
		Filing   *icpcode.Filing    `json:"filing,omitempty"`
		Paid     icpcode.Money      `json:"paid,omitzero"`
		Remark   string             `json:"remark,omitempty"`
	}
	findBody struct {
		Code string `json:"code"` // whole, as a person typed it
	}
	// emptyBody is of a request that says everything in its path.
	emptyBody struct{}
)
