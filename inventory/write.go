package inventory

import (
	"encoding/json"
	"io"
	"iter"

	"github.com/icpcode/icpcode"
)

// WriteJSON writes servers in this package's own JSON format, an object a
// line. [Read] reads from it the same names and facts. The facts are the JSON
// form of an [icpcode.Instance], so that a service that stores those can have
// them read as an inventory. An error is that of w.
func WriteJSON(w io.Writer, servers iter.Seq[Server]) error {
	e := json.NewEncoder(w)
	for s := range servers {
		err := e.Encode(struct {
			Name string `json:"name,omitzero"`
			icpcode.Instance
		}{s.Name, s.Instance})
		if err != nil {
			return err
		}
	}
	return nil
}
