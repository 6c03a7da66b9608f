package sqlstore

import (
	"fmt"
	"strings"
)

// tidbSettings are settings of a TiDB session that break a promise of the
// store's unless they are as they come. Other databases do not know them.
// Pessimistic or optimistic transactions do not matter: what TiDB answers only
// at COMMIT is a conflict all the same.
//
// TiDB's documentation, "System Variables", "Stale Read".
var tidbSettings = []struct{ name, want, why string }{
	{"tidb_snapshot", "", "a Load would see the past"},
	{"tidb_read_staleness", "0", "a Load would see the past"},
	{"tidb_enable_external_ts_read", "OFF", "a Load would see the past"},
	{"tidb_low_resolution_tso", "OFF", "a Load would see the past"},
	{"tidb_read_consistency", "strict", "a Load could miss a commit that is under way"},
	{"tidb_guarantee_linearizability", "ON", "a Load could miss a commit that was acknowledged by another server"},
	{"tidb_constraint_check_in_place_pessimistic", "ON", "a document that is there already would be no conflict, but error 8141"},
	{"tidb_batch_commit", "OFF", "a Change would be committed in parts"},
	{"tidb_disable_txn_auto_retry", "ON", "updates that lost would be repeated as if they had not"},
}

// tidbNames lists the settings, for a query.
func tidbNames() string {
	var names strings.Builder
	for _, s := range tidbSettings {
		names.WriteString(", '" + s.name + "'")
	}
	return names.String()
}

// checkTiDB looks at the settings of a session. Those that it has not are of
// another version, or of no TiDB.
func checkTiDB(v map[string]string) error {
	for _, s := range tidbSettings {
		have, ok := v[s.name]
		switch have {
		case "0":
			ok = ok && s.want != "0" && s.want != "OFF" // as old versions show it
		case "1":
			ok = ok && s.want != "ON"
		default:
			ok = ok && !strings.EqualFold(have, s.want)
		}
		if ok {
			return fmt.Errorf("%w: on TiDB %s must be %q and is %q: %s", ErrSettings, s.name, s.want, have, s.why)
		}
	}
	return nil
}
