package inventory

import (
	"net/netip"
	"regexp"
	"strings"
)

// What people have in text files that list their servers for other programs.

var (
	section  = regexp.MustCompile(`^\[{1,2}[A-Za-z_][\w .:/"'-]*\]{1,2}$`)
	setting  = regexp.MustCompile(`^(?:export )?[A-Za-z_][\w.-]*\s*=`)
	valued   = regexp.MustCompile(`^[A-Za-z_][\w.-]*\s*=\s*["'\[{]`)
	sshHost  = regexp.MustCompile(`^(?i:Host|Match)\s+\S`)
	sshField = regexp.MustCompile(`(?mi)^\s+(?:HostName|User|Port|IdentityFile|ProxyJump)\s`)
	metric   = regexp.MustCompile(`^[a-zA-Z_:][\w:]*\{\w+="`)
	block    = regexp.MustCompile(`^(?:(?:resource|data)\s+"[^"]*"\s+"[^"]*"|(?:provider|variable|module|output)\s+"[^"]*"|terraform|locals)\s*\{`)
	cloudID  = regexp.MustCompile(`^(?:i|ins|lhins|lb|alb|nlb|ngw|nat|eip|eni|d|vm)-[0-9a-z]{6,}$`)
	uuid     = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	zoneLike = regexp.MustCompile(`^(?:cn|ap|us|eu|me)-[a-z]+(?:-?\d)?(?:-?[a-z])?$`)
	dateLike = regexp.MustCompile(`^20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}`)
)

// firstWritten is the first line that is neither empty nor a comment of the
// kinds that such files have, from the beginning, and the comment before it.
func firstWritten(text string) (line, comment string) {
	for l := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		if l[0] != '#' && l[0] != ';' && !strings.HasPrefix(l, "//") {
			return l, comment
		}
		if comment == "" {
			comment = l
		}
	}
	return "", comment
}

// plainFile says what a file is that another program reads, or nil.
func plainFile(text string) *FormatError {
	line, comment := firstWritten(text)
	switch {
	case section.MatchString(line) && line != "[null]" && line != "[true]" && line != "[false]" || setting.MatchString(line) && !strings.ContainsAny(line, ",\t") || valued.MatchString(line):
		return &FormatError{
			kind: KindINI,
			what: phrase{"settings of another program, such as Ansible's list of hosts", "其他程序的配置文件，例如Ansible的主机清单"},
			do:   notFacts,
		}
	case sshHost.MatchString(line) && sshField.MatchString(text):
		return &FormatError{kind: KindSSH, what: phrase{"settings of SSH", "SSH配置文件"}, do: notFacts}
	case metric.MatchString(line), strings.HasPrefix(comment, "# HELP "), strings.HasPrefix(comment, "# TYPE "):
		return &FormatError{kind: KindMetrics, what: phrase{"metrics of Prometheus", "Prometheus指标"}, do: notFacts}
	case block.MatchString(line):
		return &FormatError{kind: KindSource, what: phrase{"Terraform's configuration", "Terraform配置文件"}, do: notFacts}
	case isHosts(line):
		return &FormatError{kind: KindHosts, what: phrase{"a list of addresses, without anything about the servers", "只有地址的列表，没有服务器信息"}, do: notFacts}
	}
	return nil
}

// notFacts says what to give instead of a file that has other facts.
var notFacts = phrase{
	"it does not say how servers are paid for, until when, or where they are; give what the provider's tool prints",
	"其中没有计费方式、到期时间和地域；请提供云服务商工具的输出",
}

// isHosts reports whether a line is an address alone or before names, as
// /etc/hosts has it.
func isHosts(line string) bool {
	word, rest, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
	_, err := netip.ParseAddr(word)
	return err == nil && !strings.ContainsAny(rest, ",;")
}

// headless says that a first line names none of the columns, or is a row of data.
// The cells are what it has; nil: it does name columns.
func headless(cells []string) *FormatError {
	known := 0
	for _, c := range cells {
		if c = strings.TrimSpace(c); looksLikeData(c) {
			known = 0
			break
		}
		if name := columnOf(c); name == "id" || name == "name" || columnNamed(name) != nil {
			known++
		}
	}
	if known > 0 {
		return nil
	}
	line := strings.Join(cells, ",")
	return &FormatError{
		kind: KindNoHeader, detail: string([]rune(line)[:min(len([]rune(line)), maxNote)]),
		what: phrase{"no line of headers: the first line names none of the columns", "没有表头：第一行没有可用的列名"},
		do:   phrase{"put one above it, such as " + exampleHeader, "请在第一行写上列名，例如 " + exampleHeader},
	}
}

// exampleHeader has what most people can tell.
const exampleHeader = "id,name,provider,product,region,billing,status,created,expires,public_ip"

// looksLikeData reports whether a cell holds what no header is.
func looksLikeData(cell string) bool {
	if _, err := netip.ParseAddr(cell); err == nil {
		return true
	}
	return cloudID.MatchString(cell) || uuid.MatchString(cell) || zoneLike.MatchString(cell) || dateLike.MatchString(cell)
}
