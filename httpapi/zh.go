package httpapi

// inChinese is what this package finds wrong with a member of a request, in
// Chinese. What the engine finds wrong it says itself.
var inChinese = map[string]string{
	"is not an instant like 2026-01-31T15:04:05+08:00": "不是时间（例如2026-01-31T15:04:05+08:00）",
	"is not UTF-8": "不是UTF-8文本",
	"has a character that is none, half of a surrogate pair": "含有不完整的字符（半个代理对）",
	"is not JSON":                               "不是JSON",
	"is not a JSON object":                      "不是JSON对象",
	"has something after the JSON object":       "在JSON对象之后还有内容",
	"is nested too deep":                        "嵌套过深",
	"is not a known member":                     "不是已知的字段",
	"is not a known parameter":                  "不是已知的参数",
	"stands twice":                              "出现了两次",
	"is not a string in quotes":                 "不是带引号的字符串",
	"cannot be read":                            "无法读取",
	"is neither true nor false":                 "须为true或false",
	"is not JSON of the form that is asked for": "不是所要求格式的JSON",
}
