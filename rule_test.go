package icpcode_test

import (
	"testing"

	"github.com/icpcode/icpcode"
)

// ruleTests has a test for every rule, named for it. That each fails when its
// rule is disabled is shown by package internal/disable.
var ruleTests = map[icpcode.Rule]func(*testing.T){
	icpcode.ELGProduct:     testELGProduct,
	icpcode.ELGOwner:       testELGOwner,
	icpcode.ELGBilling:     testELGBilling,
	icpcode.ELGTerm:        testELGTerm,
	icpcode.ELGRemaining:   testELGRemaining,
	icpcode.ELGRegion:      testELGRegion,
	icpcode.ELGPublicIP:    testELGPublicIP,
	icpcode.ELGStatus:      testELGStatus,
	icpcode.ELGIPInUse:     testELGIPInUse,
	icpcode.ELGQuota:       testELGQuota,
	icpcode.ELGBatch:       testELGBatch,
	icpcode.ELGAccount:     testELGAccount,
	icpcode.CODFormat:      testCODFormat,
	icpcode.CODOpaque:      testCODOpaque,
	icpcode.CODUnique:      testCODUnique,
	icpcode.CODUnguessable: testCODUnguessable,
	icpcode.CODInput:       testCODInput,
	icpcode.CODInstant:     testCODInstant,
	icpcode.CODOne:         testCODOne,
	icpcode.LIFIssue:       testLIFIssue,
	icpcode.LIFBuy:         testLIFBuy,
	icpcode.LIFImport:      testLIFImport,
	icpcode.LIFBind:        testLIFBind,
	icpcode.LIFSubmit:      testLIFSubmit,
	icpcode.LIFResubmit:    testLIFResubmit,
	icpcode.LIFApprove:     testLIFApprove,
	icpcode.LIFReject:      testLIFReject,
	icpcode.LIFStage:       testLIFStage,
	icpcode.LIFRelease:     testLIFRelease,
	icpcode.LIFRefund:      testLIFRefund,
	icpcode.LIFVoid:        testLIFVoid,
	icpcode.LIFClose:       testLIFClose,
	icpcode.LIFEnd:         testLIFEnd,
	icpcode.LIFCorrect:     testLIFCorrect,
	icpcode.LIFEffective:   testLIFEffective,
	icpcode.LIFView:        testLIFView,
	icpcode.GRTEnterprise:  testGRTEnterprise,
	icpcode.GRTOut:         testGRTOut,
	icpcode.GRTIn:          testGRTIn,
	icpcode.GRTFirst:       testGRTFirst,
	icpcode.GRTAtomic:      testGRTAtomic,
	icpcode.GRTVerify:      testGRTVerify,
	icpcode.GRTOnce:        testGRTOnce,
	icpcode.GRTState:       testGRTState,
	icpcode.GRTRepeat:      testGRTRepeat,
	icpcode.GRTOwner:       testGRTOwner,
	icpcode.GRTPrivate:     testGRTPrivate,
	icpcode.PAYWhen:        testPAYWhen,
	icpcode.PAYPrice:       testPAYPrice,
	icpcode.PAYExact:       testPAYExact,
	icpcode.PAYRefund:      testPAYRefund,
	icpcode.PAYQuota:       testPAYQuota,
	icpcode.FILHolder:      testFILHolder,
	icpcode.FILWhat:        testFILWhat,
	icpcode.FILSuccess:     testFILSuccess,
	icpcode.FILCheck:       testFILCheck,
	icpcode.FILPick:        testFILPick,
	icpcode.FILService:     testFILService,
	icpcode.FILForeign:     testFILForeign,
	icpcode.RSKExpiring:    testRSKExpiring,
	icpcode.RSKReleased:    testRSKReleased,
	icpcode.RSKBilling:     testRSKBilling,
	icpcode.RSKDowngraded:  testRSKDowngraded,
	icpcode.RSKOwner:       testRSKOwner,
	icpcode.RSKIP:          testRSKIP,
	icpcode.RSKDNS:         testRSKDNS,
	icpcode.RSKMove:        testRSKMove,
	icpcode.RSKEnded:       testRSKEnded,
}

func TestRule(t *testing.T) {
	for r := icpcode.ELGProduct; r.String() != ""; r++ {
		test := ruleTests[r]
		if test == nil {
			t.Errorf("%v has no test", r)
			continue
		}
		t.Run(r.String(), test)
	}
}
