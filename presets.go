package icpcode

import (
	"time"

	"github.com/shopspring/decimal"
)

// Alibaba returns a book of Alibaba Cloud's rules as far as they are public.
// It is unofficial: the provider may judge otherwise. A set's Source and AsOf
// say where its numbers come from.
//
//   - alibaba-2018-09-27: the product table as of 2019-09-17, from 27
//     September 2018. Anyone may grant codes to anyone.
//   - alibaba-2024-02-01: the same table, with the rules on accounts and
//     grants that took effect on 1 February 2024.
//   - alibaba-2026-01-06: an agency's guide of 6 January 2026: five products,
//     each with 90 days left, under the rules on accounts and grants of 2024.
//
// The book names today's regions in all of its sets. Each call returns a new
// book; to change one, see [RuleBook.Sets].
func Alibaba() *RuleBook { return compile(alibaba()) }

// Where the numbers of the sets come from.
const (
	sourceTable  = "Alibaba Cloud product table and FAQ, copy of 2019-09-17"
	sourceGrants = "Alibaba Cloud: applying for free filing service codes (text after 2024-02-01)"
	sourceGuide  = "Chengdu agency guide to Alibaba Cloud filing service codes, 2026-01-06"
)

func alibaba() []RuleSet {
	elasticWeb := alibabaServer(6, 5)
	elasticWeb.PerAccount = true
	marketplace := alibabaServer(12, 1)
	marketplace.FirstPurchaseOnly = true
	marketplace.MinOrder = decimal.NewFromInt(99)

	table := RuleSet{
		Version:   "alibaba-2018-09-27",
		Effective: time.Date(2018, time.September, 27, 0, 0, 0, 0, shanghai),
		Provider:  "alibaba",
		Source:    sourceTable,
		AsOf:      "2019-09-17",
		Products: []ProductRules{
			{ECS, alibabaServer(3, 5)},
			{WebHosting, alibabaServer(3, 5)},
			{SWAS, alibabaServer(3, 5)},
			{ElasticWeb, elasticWeb},
			{Marketplace, marketplace},
			{NAT, alibabaServer(1, 2)},
			{NAT64, alibabaServer(1, 2)},
			{ENS, alibabaServer(3, 5)},
		},
		Base:            alibabaServer(3, 0),
		MainlandRegions: alibabaMainland(),
		OtherRegions:    alibabaOther(),
		Batch:           20,
		Grant:           GrantRules{Allowed: true, MaxGrantees: NoLimit, MaxGranters: NoLimit},
		Life:            LifeRules{ReleaseTo: StateAvailable, CloseRefundsPaid: true},
		// A review takes 10 to 20 working days: four weeks.
		Risk: RiskRules{ExpiringDays: 30, ReviewDays: 28},
	}

	grants := table
	grants.Version = "alibaba-2024-02-01"
	grants.Effective = time.Date(2024, time.February, 1, 0, 0, 0, 0, shanghai)
	grants.Source = sourceTable + "; " + sourceGrants
	grants.AsOf = "2024-02-01"
	grants.Account = AccountOthers
	grants.Grant = GrantRules{Allowed: true, Enterprise: true, MaxGrantees: 10, MaxGranters: 3, VerifyFirst: true}

	server := alibabaServer(3, 5)
	server.RemainingDays = 90
	guide := grants
	guide.Version = "alibaba-2026-01-06"
	guide.Effective = time.Date(2026, time.January, 6, 0, 0, 0, 0, shanghai)
	guide.Source = sourceGuide + "; " + sourceGrants
	guide.AsOf = "2026-01-06"
	guide.Products = []ProductRules{{ECS, server}, {SWAS, server}, {ElasticWeb, server}, {NAT, server}, {SLB, server}}
	guide.Base = server
	guide.Base.Quota = 0
	return []RuleSet{table, grants, guide}
}

// alibabaServer is what all the products ask for, with the least term in
// months and the quota per instance.
func alibabaServer(months, quota int) Requirements {
	return Requirements{
		Subscription: true, TermMonths: months,
		Mainland: true, PublicIP: true, Running: true, IPFree: true,
		Quota: quota,
	}
}

// alibabaMainland lists the regions in mainland China: the public ones, those
// of the finance and government clouds and of other industries, and an old
// name of Hangzhou that load balancers still show.
func alibabaMainland() []string {
	return []string{
		"cn-qingdao", "cn-beijing", "cn-zhangjiakou", "cn-huhehaote", "cn-wulanchabu",
		"cn-hangzhou", "cn-shanghai", "cn-nanjing", "cn-fuzhou",
		"cn-shenzhen", "cn-heyuan", "cn-guangzhou",
		"cn-chengdu", "cn-wuhan-lr", "cn-zhengzhou-jva", "cn-zhongwei",
		"cn-beijing-finance-1", "cn-hangzhou-finance", "cn-shanghai-finance-1", "cn-shenzhen-finance-1",
		"cn-north-2-gov-1", "cn-heyuan-acdr-1",
		"cn-east-hangzhou-01",
	}
}

// alibabaOther lists the regions outside mainland China, closed ones too.
func alibabaOther() []string {
	return []string{
		"cn-hongkong",
		"ap-northeast-1", "ap-northeast-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-5",
		"ap-southeast-6", "ap-southeast-7", "ap-southeast-8",
		"ap-south-1",
		"us-east-1", "us-west-1", "us-southeast-1", "na-south-1", "sa-east-1",
		"eu-central-1", "eu-west-1", "eu-west-2", "rus-west-1",
		"me-east-1", "me-central-1",
	}
}
