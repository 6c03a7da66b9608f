package inventory

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// product is another product, whose lists are not of servers that are read.
// Its name is all that it is told for: what is read as a server is decided by
// what servers have.
type product struct {
	name   phrase
	from   string // the provider; "": several have such a product
	fields string // one of these fields is there
	id     string // or the ID begins with one of these
}

// products are in the order in which they are tried: what has a field of its
// own before what has only a common one.
var products = [...]product{
	{phrase{"Redis (Tair)", "云数据库Redis（Tair）"}, alibaba, "KVStoreInstance", "r-"},
	{phrase{"Redis", "云数据库Redis"}, tencent, "RedisShardNum RedisReplicasNum RedisShardSize", "crs-"},
	{phrase{"KeeWiDB", "云数据库KeeWiDB"}, tencent, "RedisShards", "kee-"},
	{phrase{"DCS (Redis)", "分布式缓存服务DCS"}, huawei, "no_password_access engine_version", ""},
	{phrase{"TDSQL-C", "云原生数据库TDSQL-C"}, tencent, "cynosVersion CynosVersion BusinessGroupId", "cynosdb"},
	{phrase{"TencentDB for MySQL", "云数据库MySQL"}, tencent, "WanStatus TaskStatus DeployGroupId", "cdb-"},
	{phrase{"MariaDB or TDSQL", "云数据库MariaDB、TDSQL"}, tencent, "PeriodEndTime ShardCount", "tdsql"},
	{phrase{"PostgreSQL", "云数据库PostgreSQL"}, tencent, "DBInstanceSet DBInstanceStorage", "postgres-"},
	{phrase{"MongoDB", "云数据库MongoDB"}, tencent, "InstanceDetails MongoVersion", "cmgo-"},
	{phrase{"PolarDB", "云原生数据库PolarDB"}, alibaba, "DBCluster DBClusterId", "pc-"},
	{phrase{"MongoDB", "云数据库MongoDB"}, alibaba, "DBInstances ReplicaSet MongosList", "dds-"},
	{phrase{"RDS", "云数据库RDS"}, alibaba, "DBInstance DBInstanceId", "rm-"},
	{phrase{"RDS", "云数据库RDS"}, huawei, "datastore data_stores", ""},
	{phrase{"edge servers (ECM)", "边缘计算机器ECM"}, tencent, "PublicIPAddressSet", "ein-"},
	{phrase{"container nodes (TKE)", "容器服务TKE的节点"}, tencent, "InstanceRole LanIP NodePoolId", ""},
	{phrase{"container clusters", "容器集群"}, "", "ClusterStatus clusterId cluster_id ClusterInstances masterAuth containerNetwork nodePools cluster_spec", "cls-"},
	{phrase{"container groups (ECI)", "弹性容器实例ECI"}, alibaba, "ContainerGroups ContainerGroupId", "eci-"},
	{phrase{"Anti-DDoS", "DDoS防护"}, "", "DebtStatus Edition IpMode ddos DdosPackage", "ddos"},
	{phrase{"web application firewall (WAF)", "Web应用防火墙WAF"}, "", "MainDomainLimit SubDomainLimit WafTypes", "waf"},
	{phrase{"object storage", "对象存储"}, "", "Buckets Bucket buckets ListAllMyBucketsResult", ""},
	{phrase{"disks", "云盘"}, "", "Disks DiskSet DiskId volumes volume_type", "disk-"},
	{phrase{"snapshots", "快照"}, "", "Snapshots SnapshotSet SnapshotId snapshots", "snap-"},
	{phrase{"images", "镜像"}, "", "Images ImageSet images", "img-"},
	{phrase{"security groups", "安全组"}, "", "SecurityGroups SecurityGroupSet security_groups security_group_rules", "sg-"},
	{phrase{"VPCs", "专有网络VPC"}, "", "Vpcs VpcSet vpcs", "vpc-"},
	{phrase{"subnets", "子网（交换机）"}, "", "VSwitches SubnetSet subnets", "vsw-"},
	{phrase{"network interfaces", "弹性网卡"}, "", "NetworkInterfaceSets NetworkInterfaceSet ports", "eni-"},
	{phrase{"routes", "路由"}, "", "RouterTables RouteTables RouteTableSet routes", ""},
	{phrase{"domains", "域名"}, "", "Domains DomainName DomainSet DomainList zones recordsets Records RecordList", ""},
	{phrase{"certificates", "证书"}, "", "CertificateOrderList Certificates ServerCertificates certificates", ""},
	{phrase{"content delivery network (CDN)", "内容分发网络CDN"}, "", "PageData CdnType cdn_type", ""},
	{phrase{"functions", "函数计算"}, "", "functions Functions FunctionName", ""},
	{phrase{"logs", "日志服务"}, "", "projects logstores Topics Logsets log_groups", ""},
	{phrase{"message queues", "消息队列"}, "", "QueueMeta QueueList Queues InstanceVO topics MessageList", ""},
	{phrase{"users or roles", "用户或角色"}, "", "Users Roles users roles", ""},
	{phrase{"container images", "容器镜像"}, "", "Repositories RegistrySet repositories", ""},
	{phrase{"monitoring", "云监控"}, "", "Datapoints Alarms metrics DataPoints", ""},
	{phrase{"bills", "账单"}, "", "BillingCycle DetailSet SummarySet bill_sums", ""},
	{phrase{"AWS servers", "AWS服务器"}, "aws", "Reservations", ""},
	{phrase{"edge services (ENS)", "边缘节点服务ENS的其他资源"}, alibaba, "EnsRegionId", ""},
	{phrase{"gateway load balancers (GWLB)", "网关型负载均衡GWLB"}, alibaba, "", "gwlb-"},
	{phrase{"application load balancers (ALB)", "应用型负载均衡ALB"}, tencent, "", "alb-"},
	{phrase{"listeners or backends of load balancers", "负载均衡的监听器或后端"}, "", "Listeners listeners Acls", ""},
	{phrase{"bandwidth packages", "共享带宽"}, "", "BandwidthPackageSet CommonBandwidthPackages", ""},
	{phrase{"VPN gateways", "VPN网关"}, "", "VpnGateways VpnGatewaySet", ""},
	{phrase{"file systems", "文件存储"}, "", "FileSystems shares", ""},
	{phrase{"Prometheus or Grafana", "Prometheus或Grafana监控"}, "", "GrafanaURL GrafanaInstanceId GrafanaStatus PrometheusStatus ProxyAddress BoundTotal", "prom- grafana-"},
	{phrase{"monitored hosts", "云监控主机"}, "", "Hosts TawInstances ErrRateThreshold", "rum- apm-"},
	{phrase{"bastion hosts", "堡垒机"}, "", "", "bastionhost"},
	{phrase{"an API gateway", "API网关"}, "", "InstanceAttribute VpcEgressAddress", "apigateway"},
	{phrase{"container registries", "容器镜像服务"}, "", "Registries internal_path", "cri- tcr-"},
	{phrase{"dedicated hosts", "专有宿主机"}, "", "DedicatedHosts HostSet", ""},
	{phrase{"instance types", "实例规格"}, "", "InstanceTypes flavors", ""},
	{phrase{"statuses of servers, without the servers", "服务器状态（不含服务器信息）"}, "", "InstanceStatuses InstanceStatusSet Attributes InstanceTrafficPackageSet", ""},
	{phrase{"GPU applications (HAI)", "高性能应用服务HAI"}, tencent, "ApplicationName", "hai-"},
	{phrase{"message queues", "消息队列"}, "", "QueueSet MaxTps MaxBandWidth", "alikafka MQ_INST rmq- amqp- ckafka- pulsar- rocketmq- rabbitmq- amqp-"},
	{phrase{"Elasticsearch", "Elasticsearch"}, "", "esVersion EsVersion", "es-"},
	{phrase{"Lindorm", "云原生多模数据库Lindorm"}, alibaba, "InstanceAlias", "ld-"},
	{phrase{"a distributed database", "分布式数据库"}, "", "DrdsInstanceId TableInfos", ""},
	{phrase{"memory databases", "内存数据库"}, "", "CmemId AppAuthType", ""},
	{phrase{"vector databases", "向量数据库"}, tencent, "", "vdb-"},
	{phrase{"hardware security modules", "加密机HSM"}, "", "HsmStatus", "hsm-"},
	{phrase{"assets of the security centre", "云安全中心资产"}, "", "AssetType RiskStatus", ""},
	{phrase{"cloud desktops", "云电脑（无影）"}, "", "Desktops", ""},
	{phrase{"machine learning", "机器学习平台"}, "", "EcsSpec UsedResource", "dsw-"},
	{phrase{"scaling groups", "弹性伸缩"}, "", "scaling_groups AutoScalingGroupSet LaunchTemplateSet", ""},
	{phrase{"global acceleration", "全球应用加速"}, "", "AccessRegion ProxySet", ""},
	{phrase{"traffic management by DNS", "全局流量管理"}, "", "Addr AccessType AddressPool", ""},
	{phrase{"key pairs", "密钥对"}, "", "KeyPairSet KeyPairs keypairs", ""},
	{phrase{"events", "操作审计"}, "", "Events", ""},
	{phrase{"virtual addresses", "高可用虚拟IP"}, "", "HaVipSet HaVips", ""},
	{phrase{"websites (EdgeOne)", "边缘安全加速EdgeOne"}, tencent, "Zones", ""},
	{phrase{"direct connections", "专线接入"}, "", "DirectConnectSet", ""},
	{phrase{"data engines", "数据引擎"}, "", "DataEngines", ""},
	{phrase{"container nodes", "容器集群的节点"}, "", "nodes node_name", ""},
	{phrase{"resources of the billing centre", "费用中心的资源"}, "", "SubscriptionType resource_type_code", ""},
}

var providerNames = map[string]phrase{
	alibaba: {"Alibaba Cloud", "阿里云"}, tencent: {"Tencent Cloud", "腾讯云"}, huawei: {"Huawei Cloud", "华为云"},
}

// feed says what to give instead, by provider.
var feed = map[string]phrase{
	alibaba: {"give servers: aliyun ecs DescribeInstances, aliyun swas-open ListInstances", "请提供服务器清单：aliyun ecs DescribeInstances、aliyun swas-open ListInstances"},
	tencent: {"give servers: tccli cvm DescribeInstances, tccli lighthouse DescribeInstances", "请提供服务器清单：tccli cvm DescribeInstances、tccli lighthouse DescribeInstances"},
	huawei:  {"give servers: hcloud ECS ListServersDetails", "请提供服务器清单：hcloud ECS ListServersDetails"},
	"": {
		"give servers, such as aliyun ecs DescribeInstances, tccli cvm DescribeInstances or hcloud ECS ListServersDetails prints",
		"请提供服务器清单，例如 aliyun ecs DescribeInstances、tccli cvm DescribeInstances 或 hcloud ECS ListServersDetails 的输出",
	},
}

// names are the names of the fields of a record or document, and of what is in
// a document.
func (t *tree) names() []string {
	var names []string
	for n := t.first(0); n > 0; n = t.nodes[n].next {
		names = append(names, keyNames[t.nodes[n].key])
	}
	for _, b := range [...][]byte{t.strange, t.inner} {
		for name := range bytes.SplitSeq(b, []byte{0}) {
			if len(name) > 0 {
				names = append(names, string(name))
			}
		}
	}
	return names
}

// otherProduct returns the product whose record, list or document it is. Around
// are names of the lists that it was in.
func (t *tree) otherProduct(around ...string) (product, bool) {
	names := append(around, t.names()...)
	id := string(t.word(t.member(keyInstanceID)))
	if id == "" {
		id = string(t.word(t.member(keyLoadBalancerID)))
	}
	for _, p := range products {
		for f := range strings.FieldsSeq(p.fields) {
			if slices.Contains(names, f) {
				return p, true
			}
		}
		for prefix := range strings.FieldsSeq(p.id) {
			if strings.HasPrefix(id, prefix) {
				return p, true
			}
		}
	}
	return product{}, false
}

// foreign says what a record in a list is that is not one of a server.
func (t *tree) foreign(list key, around ...string) *FormatError {
	from := map[key]string{
		keyInstanceSet: tencent, keyAddressSet: tencent, keyServers: huawei, keyServer: huawei, keyPublicips: huawei, keyPublicip: huawei,
		keyHuaweiNATs: huawei, keyHuaweiNAT: huawei, keyHuaweiELBs: huawei, keyHuaweiELB: huawei, keyLoadBalancerSet: tencent, keyNatGatewaySet: tencent,
	}[list]
	if list == keyServers && t.has(keyLinks) && t.only(huaweiFields) {
		return &FormatError{
			kind: KindNoDetails,
			what: phrase{"a list of servers without details", "不含详情的服务器列表"},
			do:   phrase{"the call that has them is hcloud ECS ListServersDetails (GET /v1/{project_id}/cloudservers/detail)", "含详情的接口是 hcloud ECS ListServersDetails（GET /v1/{project_id}/cloudservers/detail）"},
		}
	}
	if p, ok := t.otherProduct(around...); ok {
		return p.said()
	}
	quoted := t.quoted()
	return &FormatError{
		what: phrase{fmt.Sprintf("a list under %s of something else than servers, with %s", keyNames[list], quoted), fmt.Sprintf("%s 下的列表不是服务器，其字段有 %s", keyNames[list], quoted)},
		do:   feed[from],
	}
}

// said says that it is a list of the product.
func (p product) said() *FormatError {
	name := p.name
	if of, ok := providerNames[p.from]; ok {
		name = phrase{of.en + " " + name.en, strings.Replace(of.zh+name.zh, "云云数据库", "云数据库", 1)}
	}
	do, ok := feed[p.from]
	if !ok {
		do = feed[""]
	}
	return &FormatError{what: phrase{"a list of another product: " + name.en, "其内容不是服务器，而是" + name.zh}, do: do, kind: KindProduct}
}

// quoted lists the first names of a record, quoted.
func (t *tree) quoted() string {
	var names []string
	for n := t.first(0); n > 0 && len(names) < maxNamed; n = t.nodes[n].next {
		names = append(names, keyNames[t.nodes[n].key])
	}
	for _, b := range [...][]byte{t.strange, t.inner} {
		for name := range bytes.SplitSeq(b, []byte{0}) {
			if len(name) > 0 && len(names) < maxNamed {
				names = append(names, fmt.Sprintf("%q", name))
			}
		}
		if len(names) > 0 {
			break // what is inside matters where there is nothing else
		}
	}
	return strings.Join(names, ", ")
}

// errFormat says what an object is that is no record of a known format.
func (t *tree) errFormat() *FormatError {
	code := t.word(t.member(keyCode))
	if len(code) == 0 {
		code = t.word(t.child(t.member(keyError), keyCode))
	}
	if len(code) == 0 {
		code = t.word(t.member(keyErrorCode))
	}
	if len(code) > 0 && !slices.Contains([]string{"0", "200", "success", "ok"}, strings.ToLower(string(code))) {
		return &FormatError{
			kind: KindAnswered, detail: string(code),
			what: phrase{fmt.Sprintf("the provider answered with the error %.64q", code), fmt.Sprintf("提供商返回了错误 %.64q", code)},
			do:   phrase{"nothing was listed: mend that and ask again", "没有列出任何内容：请排除该错误后重新查询"},
		}
	}
	if t.bare() {
		return &FormatError{what: phrase{"it is an empty object", "空对象"}}
	}
	if t.begins(keyInstanceID, "i-") && t.only(ecsFields) {
		return selection("aliyun ecs DescribeInstances", t.names())
	}
	if t.begins(keyInstanceID, "ins-") && t.only(cvmFields) {
		return selection("tccli cvm DescribeInstances", t.names())
	}
	if t.begins(keyInstanceID, "lhins-") && t.only(lighthouseFields) {
		return selection("tccli lighthouse DescribeInstances", t.names())
	}
	if t.has(keyID) && t.has(keyOwnStatus) && t.only(huaweiFields) {
		return selection("hcloud ECS ListServersDetails", t.names())
	}
	names := t.names()
	if slices.Contains(names, "terraform_version") {
		return &FormatError{kind: KindState, what: phrase{"Terraform's state, which is not read", "Terraform状态文件，暂不支持"}, do: feed[""]}
	}
	if slices.Contains(names, "columns") && slices.Contains(names, "rows") {
		return &FormatError{kind: KindQuery, what: phrase{"the answer to a query, as Steampipe prints it", "查询结果（如Steampipe的输出）"}, do: feed[""]}
	}
	if p, ok := t.otherProduct(); ok {
		return p.said()
	}
	if isCut(names) {
		return selection("", names)
	}
	quoted := t.quoted()
	return &FormatError{what: phrase{"an object with " + quoted, "含有 " + quoted + " 的对象"}, do: feed[""]}
}

// selection says that a filter has left too little of a command's answer; "": it
// does not show of which.
func selection(command string, names []string) *FormatError {
	fields := strings.Join(names[:min(len(names), maxNamed)], ", ")
	do := phrase{"give the whole answer of " + command + ", without a filter", "请提供 " + command + " 的完整输出，不要筛选字段"}
	if command == "" {
		do = wholeAnswer
	}
	return &FormatError{
		kind: KindSelection, detail: fields,
		what: phrase{"a server with only some of its fields: " + strings.Trim(strconv.Quote(fields), `"`), "只保留了部分字段的服务器：" + strings.Trim(strconv.Quote(fields), `"`)},
		do:   do,
	}
}

// cutNames are what people call the fields that they select of a server, folded.
var cutNames = []string{
	"id", "instanceid", "name", "instancename", "status", "state", "instancestate", "region", "regionid", "expires", "expiredtime",
	"billing", "instancechargetype", "chargetype", "ip", "publicip", "publicipaddress", "publicipaddresses", "zone", "zoneid", "creationtime", "createdtime",
}

// isCut reports whether the names are those of a part of a server's record, as
// a filter leaves or renames them.
func isCut(names []string) bool {
	n := 0
	for _, name := range names {
		if slices.Contains(cutNames, fold(name)) {
			n++
		}
	}
	return n >= 2 && n*3 >= len(names)*2
}
