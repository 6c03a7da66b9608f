// Package alibaba holds the rule book of Alibaba Cloud in the form of all
// presets: the root package needs it, and package presets shows it beside the
// others.
package alibaba

import _ "embed" // for the file

//go:embed alibaba.json
var file string

// JSON returns the file.
func JSON() []byte { return []byte(file) }
