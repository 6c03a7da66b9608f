package console

// severalLine is one filing of several.
type severalLine struct{ What, Masked, Handle, Field string }
