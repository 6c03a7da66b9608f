package inventory

// Kind is what an input is that is no inventory. The zero value is anything
// else.
type Kind uint8

// The kinds.
const (
	KindProduct   Kind = iota + 1 // a list of another product
	KindNoDetails                 // a list of servers that says nothing about them
	KindSelection                 // servers with only some of their fields
	KindIDs                       // a list of IDs
	KindScalar                    // null, or another value alone
	KindEncoded                   // JSON inside a text
	KindAnswered                  // an error that the provider answered
	KindToolError                 // an error of the provider's tool
	KindPython                    // what Python's print shows
	KindTerminal                  // a copy of a terminal
	KindTable                     // a table for people
	KindYAML                      // YAML, or the settings of something
	KindXML                       // XML
	KindWebPage                   // HTML
	KindPacked                    // a workbook or archive
	KindState                     // Terraform's state
	KindQuery                     // rows and columns of a tool that queries
	KindINI                       // settings of another program, such as Ansible's hosts
	KindSSH                       // settings of SSH
	KindMetrics                   // metrics of Prometheus
	KindSource                    // Terraform's configuration
	KindHosts                     // a list of addresses
	KindNoHeader                  // rows without a line of headers
)

// Kind returns what the input is, as far as that can be told.
func (e *FormatError) Kind() Kind { return e.kind }

// Detail returns what is special about it, as the input has it, cut and not
// escaped: of an error its code or first line, of a selection the names of the
// first fields, of a value alone the value; else "".
func (e *FormatError) Detail() string { return e.detail }
