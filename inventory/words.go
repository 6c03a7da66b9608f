package inventory

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What people and spreadsheets write for the columns and values of this
// package's own formats, where it can mean only one thing.

// columnWords are further names of the columns.
var columnWords = map[string]string{
	"实例id": "id", "服务器id": "id", "资源id": "id", "instanceid": "id", "instance_id": "id",
	"实例名称": "name", "名称": "name", "服务器名称": "name", "资源名称": "name", "主机名": "name",
	"购买账号": "owner", "账号": "owner", "账号id": "owner", "所属账号": "owner",
	"产品": "product", "产品类型": "product", "云产品": "product",
	"供应商": "provider", "提供商": "provider", "云厂商": "provider", "云服务商": "provider", "厂商": "provider",
	"地域": "region", "区域": "region", "所在地域": "region", "地区": "region", "regionid": "region", "region_id": "region",
	"付费类型": "billing", "付费方式": "billing", "付费模式": "billing", "计费方式": "billing", "计费模式": "billing", "计费类型": "billing",
	"状态": "status", "实例状态": "status", "运行状态": "status",
	"购买月数": "term_months", "购买时长": "term_months", "购买时长月": "term_months", "首次购买月数": "first_term_months", "首次购买时长": "first_term_months",
	"创建时间": "created", "创建日期": "created", "购买时间": "created", "开通时间": "created",
	"到期时间": "expires", "到期日期": "expires", "过期时间": "expires", "到期日": "expires",
	"自动续费": "auto_renew", "是否自动续费": "auto_renew", "续费方式": "auto_renew",
	"试用": "trial", "是否试用": "trial", "是否有公网ip": "public_ip",
	"公网ip": "ips", "公网ip地址": "ips", "公网地址": "ips", "弹性公网ip": "ips", "弹性ip": "ips",
	"合作伙伴ip": "partner_ip", "是否为合作伙伴ip": "partner_ip", "ip被占用": "ip_held", "ip是否被占用": "ip_held", "ip是否被其他备案占用": "ip_held",
	"降配": "downgraded", "是否降配": "downgraded", "是否已降配": "downgraded", "合同配额": "contract_quota", "合同约定的数量": "contract_quota",
	"订单金额": "order_amount", "实付金额": "order_amount",
}

// columnOf returns the column that a header names, or the header as it is.
func columnOf(header string) string {
	name := strings.TrimSpace(header)
	if name == "id" || name == "name" || columnNamed(name) != nil {
		return name
	}
	folded := strings.ToLower(strings.NewReplacer("（", "", "）", "", "(", "", ")", "", " ", "", "　", "").Replace(name))
	if column, ok := columnWords[folded]; ok {
		return column
	}
	if strings.ToUpper(name) == name && (folded == "id" || folded == "name" || columnNamed(folded) != nil) {
		return folded // a spreadsheet that shouts
	}
	return name
}

// valueWords are further words, folded, for the values of a column.
var valueWords = map[string]map[string]string{
	"billing": {
		"prepaid": "subscription", "包年包月": "subscription", "包年/包月": "subscription", "预付费": "subscription", "包月": "subscription", "包年": "subscription",
		"postpaid": "pay-as-you-go", "按量付费": "pay-as-you-go", "按量计费": "pay-as-you-go", "按量": "pay-as-you-go", "后付费": "pay-as-you-go", "按需计费": "pay-as-you-go", "按需": "pay-as-you-go", "ondemand": "pay-as-you-go",
		"postpaidbyhour": "pay-as-you-go", "payg": "pay-as-you-go",
	},
	"status": {
		"运行中": "running", "运行": "running", "正常": "running", "active": "running", "正常运行": "running", "已启动": "running",
		"已停止": "stopped", "停止": "stopped", "已关机": "stopped", "关机": "stopped", "shutoff": "stopped", "停机": "stopped",
		"创建中": "pending", "已过期": "expired", "已到期": "expired", "过期": "expired", "到期": "expired", "已锁定": "locked", "锁定": "locked",
		"已退款": "refunded", "已退费": "refunded", "退款": "refunded", "退费": "refunded", "已释放": "released", "释放": "released", "deleted": "released",
	},
	"auto_renew": {
		"自动续费": "yes", "已开启": "yes", "手动续费": "no", "到期不续费": "no", "不续费": "no", "未开启": "no",
		"autorenewal": "yes", "manualrenewal": "no", "notrenewal": "no",
		"notifyandautorenew": "yes", "notifyandmanualrenew": "no", "disablenotifyandmanualrenew": "no",
	},
	"provider": {
		"aliyun": alibaba, "alibabacloud": alibaba, "alicloud": alibaba, "阿里云": alibaba, "阿里": alibaba,
		"tencentcloud": tencent, "qcloud": tencent, "腾讯云": tencent, "腾讯": tencent,
		"huaweicloud": huawei, "hwcloud": huawei, "华为云": huawei, "华为": huawei,
		"baiducloud": baidu, "bce": baidu, "baiduaicloud": baidu, "百度云": baidu, "百度智能云": baidu, "百度": baidu,
		"volcano": volcengine, "火山引擎": volcengine, "火山云": volcengine, "火山": volcengine,
	},
}

// ownWords are the words of the columns that have a closed list of them.
var ownWords = map[string][]string{
	"billing": billingNames[:], "status": statusNames[:], "provider": providers[:],
	"auto_renew": triNames[:], "trial": triNames[:], "public_ip": triNames[:], "ip_held": triNames[:], "downgraded": triNames[:], "partner_ip": triNames[:],
}

var truth = map[string]string{"是": "yes", "否": "no", "有": "yes", "无": "no", "true": "yes", "false": "no", "y": "yes", "n": "no", "1": "yes", "0": "no", "√": "yes", "×": "no"}

// regionWords are what consoles call the regions.
var regionWords = map[string]string{
	"华东1（杭州）": "cn-hangzhou", "华东2（上海）": "cn-shanghai", "华北1（青岛）": "cn-qingdao", "华北2（北京）": "cn-beijing", "华北3（张家口）": "cn-zhangjiakou",
	"华北5（呼和浩特）": "cn-huhehaote", "华北6（乌兰察布）": "cn-wulanchabu", "华南1（深圳）": "cn-shenzhen", "华南2（河源）": "cn-heyuan", "华南3（广州）": "cn-guangzhou",
	"西南1（成都）": "cn-chengdu", "中国香港": "cn-hongkong", "中国（香港）": "cn-hongkong",
	"华北-北京四": "cn-north-4", "华北-北京一": "cn-north-1", "华东-上海一": "cn-east-3", "华东-上海二": "cn-east-2", "华南-广州": "cn-south-1", "中国-香港": "ap-southeast-1", "西南-贵阳一": "cn-southwest-2",
	"华南地区（广州）": "ap-guangzhou", "华东地区（上海）": "ap-shanghai", "华北地区（北京）": "ap-beijing", "西南地区（成都）": "ap-chengdu", "西南地区（重庆）": "ap-chongqing", "华东地区（南京）": "ap-nanjing", "港澳台地区（中国香港）": "ap-hongkong",
}

// wordOf returns what people write for the value of a column as the column
// spells it, or the text as it is.
func wordOf(column, text string) string {
	folded := fold(text)
	if w, ok := valueWords[column][folded]; ok {
		return w
	}
	for _, w := range ownWords[column] {
		if fold(w) == folded {
			return w
		}
	}
	switch column {
	case "auto_renew", "trial", "public_ip", "ip_held", "downgraded", "partner_ip":
		if w, ok := truth[folded]; ok {
			return w
		}
	case "region":
		if w, ok := regionWords[strings.NewReplacer("(", "（", ")", "）", " ", "").Replace(text)]; ok {
			return w
		}
	case "term_months", "first_term_months":
		text = monthsOf(text)
	case "ips":
		return strings.NewReplacer("、", " ", "，", " ", ",", " ", ";", " ", "；", " ").Replace(text)
	}
	if folded == "unknown" || folded == "未知" || folded == "不详" {
		return "unknown"
	}
	return text
}

// isBlank reports whether a cell says nothing: consoles write a dash for it.
func isBlank(cell string) bool { return strings.Trim(cell, "-—－–") == "" }

// monthsOf turns "12个月", "1年" and "1 year" into months.
func monthsOf(text string) string {
	text = strings.ToLower(text)
	for _, unit := range [...]struct {
		word  string
		times int
	}{{"个月", 1}, {"月", 1}, {"年", 12}, {"months", 1}, {"month", 1}, {"years", 12}, {"year", 12}} {
		if n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(text, unit.word))); err == nil && strings.HasSuffix(text, unit.word) && n > 0 && n <= maxMonths {
			return strconv.Itoa(n * unit.times)
		}
	}
	return text
}

// shortened is how Excel shows a long number.
var shortened = regexp.MustCompile(`^[0-9](\.[0-9]+)?[Ee]\+[0-9]+$`)

// damaged says what a spreadsheet did to an ID, or nothing.
func damaged(text string) error {
	if !shortened.MatchString(text) {
		return nil
	}
	return errorf("%q is a long number that a spreadsheet has shortened, and its last digits are lost: format the column as text, then paste the numbers again",
		"%q 是被表格软件缩短的长数字，末尾几位已丢失：请将该列设为文本格式，再重新粘贴", text)
}

var (
	spreadsheetDate = regexp.MustCompile(`^(\d{4})[/.\-年](\d{1,2})[/.\-月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$`)
	serialDate      = regexp.MustCompile(`^[3-6]\d{4}(\.\d+)?$`)
)

// looseDate reads a date as spreadsheets show it in China, year first, or the
// number of days that stands behind it.
func looseDate(s string) (time.Time, bool) {
	if m := spreadsheetDate.FindStringSubmatch(s); m != nil {
		n := make([]int, 7)
		for i := 1; i < len(m); i++ {
			n[i], _ = strconv.Atoi("0" + m[i]) // digits, or nothing
		}
		t := time.Date(n[1], time.Month(n[2]), n[3], n[4], n[5], n[6], 0, china)
		right := t.Month() == time.Month(n[2]) && t.Day() == n[3] && n[4] < 24 && n[5] < 60 && n[6] < 60
		return t.UTC(), right && plausible(t)
	}
	if serialDate.MatchString(s) {
		days, _ := strconv.ParseFloat(s, 64) // digits
		t := time.Date(1899, 12, 30, 0, 0, 0, 0, china).Add(time.Duration(days * 24 * float64(time.Hour))).Round(time.Second)
		return t.UTC(), plausible(t)
	}
	return time.Time{}, false
}

// separatorOf returns what separates the cells of a CSV: in the header line, the
// first one that is no comment, it is there most often.
func separatorOf(head []byte) rune {
	for line := range bytes.Lines(head) {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		best, most := ',', bytes.Count(line, []byte{','})
		for _, c := range ";\t" {
			if n := bytes.Count(line, []byte(string(c))); n > most {
				best, most = c, n
			}
		}
		return best
	}
	return ','
}
