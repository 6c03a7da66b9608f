package icpcode

// FilingProblem is what is wrong with what was filed (FIL-WHAT). The zero value
// is nothing.
type FilingProblem uint8

// filingProblems is indexed by FilingProblem. Field and problem are how the
// checks of fields say it.
var filingProblems = [...]struct{ name, field, problem, en, zh string }{
	{},
	{"kind", "Filing.Kind", "is not a known kind", "the kind of filing is not a known one", "备案类型不正确"},
	{"service", "Filing", "must have either a domain or an app", "it must name either one domain or one app", "须填写一个域名或一个App，且只能填写其中一项"},
	{"domain_long", "Filing.Domain", "is longer than 253 bytes", "the domain is longer than 253 bytes", "域名超过253字节"},
	{"domain_utf8", "Filing.Domain", "is not valid UTF-8", "the domain is not valid text", "域名不是有效的文本"},
	{"domain_form", "Filing.Domain", "is not one domain name, like example.cn", "the domain is not one domain name, like example.cn", "域名不是单个域名，例如example.cn"},
	{"domain_address", "Filing.Domain", "is an address, not a domain name", "the domain is an IP address, not a domain name", "域名处填写的是IP地址"},
	{"app_long", "Filing.App", "is longer than 128 bytes", "the name of the app is longer than 128 bytes", "App名称超过128字节"},
	{"app_utf8", "Filing.App", "is not valid UTF-8", "the name of the app is not valid text", "App名称不是有效的文本"},
	{"app_control", "Filing.App", "has a control character", "the name of the app has a control character", "App名称含有控制字符"},
	{"app_space", "Filing.App", "has space around it", "the name of the app has space around it", "App名称首尾有空格"},
	{"subject_empty", "Filing.Subject", "is empty", "the subject is missing", "缺少备案主体"},
	{"subject_long", "Filing.Subject", "is longer than 128 bytes", "the reference to the subject is longer than 128 bytes", "备案主体的引用超过128字节"},
	{"subject_utf8", "Filing.Subject", "is not valid UTF-8", "the reference to the subject is not valid text", "备案主体的引用不是有效的文本"},
	{"subject_control", "Filing.Subject", "has a control character", "the reference to the subject has a control character", "备案主体的引用含有控制字符"},
	{"subject_space", "Filing.Subject", "has space around it", "the reference to the subject has space around it", "备案主体的引用首尾有空格"},
	{"ips_many", "Filing.IPs", "has more than 256 addresses", "it names more than 256 IP addresses", "IP地址超过256个"},
	{"ips_form", "Filing.IPs", "has an address that is not valid", "it names an IP address that is not valid", "含有无效的IP地址"},
	{"icp_number", "Filing.ICPNumber", "is recorded by approval, not by the applicant", "the ICP number is recorded by the approval, not by the applicant", "备案号由审核通过后登记，申请时不填写"},
}

const numFilingProblems = FilingProblem(len(filingProblems))

// filingProblem returns the problem that the check of a field found. A test
// holds that the table has them all; what it does not have is wrong all the
// same.
func filingProblem(field, problem string) FilingProblem {
	for i := range filingProblems {
		if filingProblems[i].field == field && filingProblems[i].problem == problem {
			return FilingProblem(i)
		}
	}
	return 1
}

// String returns the problem's name, "domain_form", or "" for none.
func (p FilingProblem) String() string {
	if p >= numFilingProblems {
		return "?"
	}
	return filingProblems[p].name
}

// Text says in language l what is wrong, or "" where nothing is.
func (p FilingProblem) Text(l Lang) string {
	if p >= numFilingProblems {
		return ""
	}
	if l == Chinese {
		return filingProblems[p].zh
	}
	return filingProblems[p].en
}

// MarshalText returns the problem's name.
func (p FilingProblem) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a problem's name.
func (p *FilingProblem) UnmarshalText(b []byte) error {
	for i := range filingProblems {
		if filingProblems[i].name == string(b) {
			*p = FilingProblem(i)
			return nil
		}
	}
	return invalid("FilingProblem", "is not the name of a problem")
}
