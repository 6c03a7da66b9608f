package icpcode

// DNSReason explains the answer in language l. It names the address and the
// server that the caller stated.
func (s *RuleSet) DNSReason(r DNSReview, product Product, l Lang) Reason {
	out := Reason{
		Rule: RSKDNS, Outcome: r.Outcome(), Required: l.say("a domain that points to the filed server", "域名解析到备案的服务器"),
		Citations: s.Citations(RSKDNS, product),
	}
	ip, server := r.Address.IP.String(), plain(string(r.Address.Instance))
	switch r.Case {
	case DNSFiled:
		out.Found = l.say("it points to %s of the filed server", "解析到备案服务器的%s", ip)
	case DNSNowhere:
		out.Found = l.say("the domain does not resolve", "域名无法解析")
		out.Remedy = l.say("point the domain to the filed server, or deregister the filing if the site has gone", "将域名解析到备案的服务器；网站已停用的，注销备案")
	case DNSOtherProvider:
		out.Found = l.say("it points to %s, a server of %s (%s)", "解析到%s，该地址属于%s的服务器（%s）", ip, l.provider(r.Address.Provider), server)
		out.Remedy = l.say("file an access filing with that server's provider, or point the domain back to the filed server", "向该服务器的提供商办理接入备案，或将域名解析回备案的服务器")
	case DNSOtherServer:
		out.Found = l.say("it points to %s, another server (%s) than the filed one", "解析到%s，是另一台服务器（%s），不是备案的服务器", ip, server)
		out.Remedy = l.say("point the domain to the filed server, or file a change filing with the other server's code", "将域名解析到备案的服务器，或使用该服务器的备案服务码办理变更备案")
	case DNSNotPublic:
		out.Found = l.say("it points to %s, which is not a public address", "解析到%s，不是公网地址", ip)
		out.Remedy = l.say("point the domain to the filed server", "将域名解析到备案的服务器")
	case DNSStranger:
		out.Found = l.say("it points to %s, an address of no server, CDN or proxy that is known", "解析到%s，不属于任何已知的服务器、CDN或代理", ip)
		out.Remedy = l.say("point the domain to the filed server, or find out whose that address is", "将域名解析到备案的服务器，或查明该地址的归属")
	case DNSUnlisted:
		out.Found = l.say("it points to %s, an address of no listed server", "解析到%s，清单中没有使用该地址的服务器", ip)
		out.Remedy = l.say("list the server that has it, or state all addresses of servers, CDNs and proxies", "补充使用该地址的服务器的清单，或给出服务器、CDN和代理的全部地址")
	case DNSHidden:
		out.Found = l.say("it points to %s, a CDN or proxy: what is behind it cannot be seen", "解析到%s，是CDN或代理，无法看到其回源地址", ip)
		out.Remedy = l.say("check that the CDN or proxy fetches from the filed server", "确认该CDN或代理的回源地址是备案的服务器")
	default:
		out.Found = l.say("not known: where the domain points", "未查询域名解析到何处")
		out.Remedy = l.say("look up where the domain points", "请查询域名解析")
	}
	if r.Others > 0 && r.Case != DNSUnanswered {
		out.Found = l.say("%s; and %d more", "%s；另有%d个地址", out.Found, r.Others)
	}
	return out
}
