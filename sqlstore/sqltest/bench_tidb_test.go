package sqltest

import "testing"

// tidbKind is TiDB over unistore, with the rivals of MariaDB.
var tidbKind = kind{"TiDB over unistore", mariaKind.dialect, onKind(tidb), mariaKind.params, mariaKind.rivals}

// TestTiDBRatios measures what issuing costs beside SQL written by hand. The
// ratios are unistore's: it is one process in memory, without a network or a
// log, so that nothing is promised of them.
func TestTiDBRatios(t *testing.T) {
	mustMeasure(t, "bench-tidb")
	for _, c := range []crowd{{callers: 1}, {callers: 16}, {callers: 64}, {callers: 64, hot: true}} {
		t.Run(c.String(), func(t *testing.T) { ratios(t, tidbKind, c, bound{}, bound{}) })
	}
}
