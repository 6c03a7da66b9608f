package inventory

import (
	"bytes"
	"strings"
)

// What makes a record one of a product's is what it has that no other product's
// record has, never that it lacks what others have: so lists that were never
// thought of are not taken for servers either. A record with fewer fields, as a
// filter leaves it, is still told by its ID, if all of its fields are of that
// product.

// fieldSet holds all the fields that a product's record can have.
type fieldSet map[string]bool

func fields(names string) fieldSet {
	s := make(fieldSet)
	for name := range strings.FieldsSeq(names) {
		s[name] = true
	}
	return s
}

var (
	ecsFields = fields(`AdditionalInfo AutoReleaseTime ClusterId Cpu CpuOptions CreationTime CreditSpecification DedicatedHostAttribute
		DedicatedInstanceAttribute DeletionProtection DeploymentSetGroupNo DeploymentSetId Description DeviceAvailable EcsCapacityReservationAttr
		EipAddress EnableNetworkEncryption ExpiredTime GPUAmount GPUSpec HibernationOptions HostName HpcClusterId ISP ImageId ImageOptions
		InnerIpAddress InstanceChargeType InstanceId InstanceName InstanceNetworkType InstanceType InstanceTypeFamily InternetChargeType
		InternetMaxBandwidthIn InternetMaxBandwidthOut IntranetIp IoOptimized KeyPairName LocalStorageAmount LocalStorageCapacity Memory
		MetadataOptions NetworkInterfaces OSName OSNameEn OSType OperationLocks PrivateDnsNameOptions PublicIpAddress RdmaIpAddress Recyclable
		RegionId ResourceGroupId SaleCycle SecurityGroupIds SecurityOptions SerialNumber SpotDuration SpotInterruptionBehavior SpotPriceLimit
		SpotStrategy StartTime Status StoppedMode Tags VlanId VpcAttributes ZoneId`)
	swasFields = fields(`BusinessStatus ChargeType Combination CombinationInstanceId CreationTime DdosStatus DisableReason Disks ExpiredTime Image
		ImageId InnerIpAddress InstanceId InstanceName NetworkAttributes PlanId PlanType PublicIpAddress RegionId ResourceGroupId ResourceSpec
		Status Tags Uuid`)
	cvmFields = fields(`CPU CamRoleName CreatedTime DataDisks DedicatedClusterId DefaultLoginPort DefaultLoginUser DisableApiTermination
		DisasterRecoverGroupId ExpiredTime GPUInfo HpcClusterId IPv6Addresses ImageId InstanceChargeType InstanceId InstanceName InstanceState
		InstanceType InternetAccessible IsolatedSource LatestOperation LatestOperationErrorMsg LatestOperationRequestId LatestOperationState
		LicenseType LoginSettings Memory Metadata OsName Placement PrivateIpAddresses PublicIPv6Addresses PublicIpAddresses RdmaIpAddresses
		RenewFlag RestrictState SecurityGroupIds StopChargingMode SystemDisk Tags Uuid VirtualPrivateCloud`)
	lighthouseFields = fields(`BlueprintId BundleId CPU CreatedTime ExpiredTime InitInvocationId InstanceChargeType InstanceId InstanceName
		InstanceRestrictState InstanceState InstanceViolationDetail InternetAccessible IsolatedTime LatestOperation LatestOperationRequestId
		LatestOperationStartedTime LatestOperationState LoginSettings Memory Metadata OsName Platform PlatformType PrivateAddresses
		PublicAddresses PublicIpv6Addresses RenewFlag SupportIpv6Detail SystemDisk Tags Uuid Zone`)
	huaweiFields = fields(`accessIPv4 accessIPv6 addresses auto_terminate_time cluster_id config_drive cpu_options created description enterprise_project_id
		fault flavor hostId host_status hypervisor id image key_name links locked metadata name network_interfaces progress root_device_name security_groups
		security_options status sys_tags tags tenant_id updated user_id`)
	clbFields = fields(`Address AddressIPVersion AddressType AutoReleaseTime BackendServers Bandwidth CreateTime CreateTimeStamp DeleteProtection EndTime
		EndTimeStamp InstanceChargeType InternetChargeType InternetChargeTypeAlias LoadBalancerId LoadBalancerName LoadBalancerSpec
		LoadBalancerStatus MasterZoneId ModificationProtectionReason ModificationProtectionStatus NetworkType PayType RegionId RegionIdAlias
		RenewalCycUnit RenewalDuration RenewalStatus ResourceGroupId ServiceManagedMode SlaveZoneId Tags VSwitchId VpcId`)
	tencentEIPFields = fields(`AddressId AddressIp AddressName AddressStatus AddressType AntiDDoSPackageId Bandwidth BandwidthPackageId CascadeRelease
		CreatedTime DeadlineDate DedicatedClusterId Egress EipAlgType InstanceId InstanceType InternetChargeType InternetServiceProvider IsArrears
		IsBlocked IsEipDirectConnection LocalBgp NetworkInterfaceId PrivateAddressIp RenewFlag TagSet UnVpcId`)
	albFields = fields(`AddressAllocatedMode AddressIpVersion AddressType BandwidthPackageId CapacityReservation ConfigManagedEnabled CreateTime DNSName
		DeletionProtectionConfig DeletionProtectionEnabled Ipv6AddressType LoadBalancerBillingConfig LoadBalancerBussinessStatus LoadBalancerEdition
		LoadBalancerId LoadBalancerName LoadBalancerOperationLocks LoadBalancerStatus ModificationProtectionConfig RegionId ResourceGroupId
		SecurityGroupIds ServiceManagedEnabled ServiceManagedMode Tags VpcId ZoneMappings`)
	nlbFields = fields(`AddressIpVersion AddressType AssociatedAddresses BandwidthPackageId Cps CreateTime CrossZoneEnabled DNSName
		DeletionProtectionConfig Ipv6AddressType LoadBalancerBillingConfig LoadBalancerBusinessStatus LoadBalancerId LoadBalancerName
		LoadBalancerStatus LoadBalancerType ModificationProtectionConfig OperationLocks RegionId ResourceGroupId SecurityGroupIds
		ServiceManagedMode Tags VpcId ZoneMappings`)
	natFields = fields(`AutoPay BusinessStatus CreationTime DeletionProtection Description EcsMetricEnabled EipBindMode EnableSessionLog ExpiredTime
		ForwardTableIds FullNatTableIds IcmpReplyEnabled InstanceChargeType InternetChargeType IpLists Name NatGatewayId NatGatewayPrivateInfo
		NatType NetworkType PrivateLinkEnabled PrivateLinkMode RegionId ResourceGroupId SecurityProtectionEnabled SnatTableIds Spec Status Tags
		VpcId`)
)

// only reports whether the record has no field but those of s.
func (t *tree) only(s fieldSet) bool {
	for n := t.first(0); n > 0; n = t.nodes[n].next {
		if name := keyNames[t.nodes[n].key]; !s[name] && !isHuaweiExtension(name) {
			return false
		}
	}
	if t.unnoted {
		return false
	}
	for name := range bytes.SplitSeq(t.strange, []byte{0}) {
		if len(name) > 0 && !s[string(name)] && !isHuaweiExtension(string(name)) {
			return false
		}
	}
	return true
}

// isHuaweiExtension reports whether a field is one of OpenStack's extensions,
// of which there are many and which only Huawei Cloud's lists have here.
func isHuaweiExtension(name string) bool {
	return strings.HasPrefix(name, "OS-") || strings.HasPrefix(name, "os-") || strings.HasPrefix(name, "os:")
}

// marks counts the fields that the record has.
func (t *tree) marks(keys ...key) int {
	n := 0
	for _, k := range keys {
		if t.has(k) {
			n++
		}
	}
	return n
}

// begins reports whether a text begins so.
func (t *tree) begins(k key, prefix string) bool {
	return bytes.HasPrefix(t.word(t.member(k)), []byte(prefix))
}

// bare reports whether the record has nothing to be told by.
func (t *tree) bare() bool { return t.first(0) == 0 && len(t.strange) == 0 }

// lacks reports whether the record could be of the product but for its ID,
// which is missing.
func (t *tree) lacks(id key, s fieldSet) bool { return !t.has(id) && t.only(s) }

func (t *tree) isECS() bool {
	return !t.has(keyEnsRegionID) && t.marks(
		keyInstanceChargeType, keyInternetMaxBandwidthOut, keyOperationLocks, keyStoppedMode, keyPublicIPAddress, keyEipAddress, keyNetworkInterfaces,
	) >= 3
}

func (t *tree) isSWAS() bool {
	state := t.marks(keyPublicIPAddress, keyBusinessStatus, keyDisableReason)
	return state > 0 && state+t.marks(keyChargeType) > 1 && state+t.marks(keyExpiredTime, keyCreationTime, keyRegionID, keyStatus) > 2
}

func (t *tree) isCVM() bool {
	return t.nodes[t.child(t.member(keyPlacement), keyZone)].kind == text || t.cvmLike()
}

// cvmLike reports whether there is a placement without a zone, as after a filter.
func (t *tree) cvmLike() bool { return t.has(keyPlacement) && t.has(keyInstanceChargeType) }

func (t *tree) isLighthouse() bool {
	return t.has(keyInstanceRestrictState) || t.has(keyBundleID) && t.marks(keyPublicAddresses, keyInstanceChargeType, keyInstanceState) > 0
}

// balancer tells the load balancers apart, or returns 0. ALB and NLB have a
// configuration of billing where CLB has a word, and a name in the DNS beside
// their type. NLB has a type, and spells what ALB misspells.
func (t *tree) balancer() Format {
	if t.has(keyEnsRegionID) {
		return 0
	}
	if t.has(keyPayType) || t.has(keyAddress) && t.has(keyAddressType) {
		return AlibabaCLB
	}
	pays := t.child(t.member(keyLoadBalancerBillingConfig), keyPayType) > 0
	if t.has(keyLoadBalancerBussinessStatus) || t.begins(keyLoadBalancerID, "alb-") && (pays || t.has(keyDNSName) || t.only(albFields)) {
		return AlibabaALB
	}
	if t.begins(keyLoadBalancerID, "nlb-") && (pays || t.has(keyDNSName) || t.only(nlbFields)) {
		return AlibabaNLB
	}
	if !pays && !(t.has(keyDNSName) && t.has(keyAddressType)) {
		return 0
	}
	if t.has(keyLoadBalancerType) || t.has(keyOperationLocks) || t.has(keyLoadBalancerBusinessStatus) {
		return AlibabaNLB
	}
	return AlibabaALB
}

func (t *tree) isNAT() bool {
	return !t.has(keyEnsRegionID) && t.marks(keyInstanceChargeType, keyBusinessStatus, keyIPLists, keyNetworkType) > 0
}

func (t *tree) isEIP() bool { return !t.has(keyEnsRegionID) && t.has(keyAllocationID) }

func (t *tree) isTencentEIP() bool {
	return t.has(keyAddressID) && (t.has(keyAddressIP) || t.has(keyAddressStatus))
}

// isHuaweiEIP: edge nodes (IEC), which have lists of the same shape, say their site.
func (t *tree) isHuaweiEIP() bool {
	return t.has(keyID) && t.has(keyOwnStatus) && t.marks(keyPublicIPOf, keyPublicIPv6Of) > 0 && !bytes.Contains(t.strange, []byte("site_id\x00"))
}

// isENS: where the region is in ENS's own field, other resources of ENS are told
// from servers by what a server has.
func (t *tree) isENS() bool {
	return t.has(keyEnsRegionID) && t.marks(keyInstanceResourceType, keySpecName, keyPublicIPAddress, keyExpiredTime) >= 2
}

// isTencentCLB: edge load balancers (ECM) have addresses of the same name, but
// nothing about isolation or payment.
func (t *tree) isTencentCLB() bool {
	return t.marks(keyForward, keyIsolation, keyChargeType, keyTargetRegionInfo) >= 2 && t.marks(keyLoadBalancerVips, keyLoadBalancerType) > 0
}

func (t *tree) isTencentNAT() bool {
	return t.marks(keyNetworkState, keyRestrictState, keyPublicIPAddressSet, keyState) >= 2
}

func (t *tree) isHuaweiNAT() bool {
	return t.marks(keyRouterID, keyInternalNetworkID) > 0
}

// isHuaweiELB: other clouds on OpenStack have load balancers of the same shape,
// with another maker.
func (t *tree) isHuaweiELB() bool {
	maker := t.word(t.member(keyProvider))
	return t.marks(keyProvisioningStatus, keyOperatingStatus) > 0 && t.marks(keyVipAddress, keyVipPortID, keyIpv6VipAddress) > 0 &&
		(string(maker) == "vlb" || len(maker) == 0 && t.marks(keyGuaranteed, keyEips, keyFrozenScene, keyBillingInfo) > 0)
}

func (t *tree) isHuaweiECS() bool {
	metadata := t.member(keyMetadata)
	return t.child(metadata, keyChargingMode) > 0 || t.has(keyVMState) && t.has(keyOwnStatus)
}

// isAlibabaBilling: its ID is spelt as no other list spells one.
func (t *tree) isAlibabaBilling() bool {
	return t.has(keyBilledID) && t.has(keyProductCode) && t.marks(keySubscriptionType, keyRenewStatus) > 0
}

// isAlibabaRenewals: ENS has a list under the same keys, with another flag.
func (t *tree) isAlibabaRenewals() bool {
	return t.has(keyInstanceID) && t.marks(keyRenewalStatus, keyAutoRenewEnabled) > 0
}

func (t *tree) isTencentRenewals() bool {
	return t.has(keyInstanceID) && t.has(keyRenewFlag) && t.has(keyProductCode)
}

// gatewayIn is formatIn for the lists that hold gateways and load balancers of
// Tencent Cloud and Huawei Cloud alone, and reports whether the list is one.
func (t *tree) gatewayIn(list key) (f Format, ok bool) {
	var is bool
	switch list {
	case keyLoadBalancerSet:
		f, is = TencentCLB, t.isTencentCLB()
	case keyNatGatewaySet:
		f, is = TencentNAT, t.isTencentNAT()
	case keyHuaweiNATs, keyHuaweiNAT:
		f, is = HuaweiNAT, t.isHuaweiNAT()
	case keyHuaweiELBs, keyHuaweiELB:
		f, is = HuaweiELB, t.isHuaweiELB()
	default:
		return 0, false
	}
	if !is && !t.bare() {
		f = 0
	}
	return f, true
}

// formatIn returns the format of a record in a list, or 0 if it is of a product
// that is not read. Nested says that the list was the value of the inner key.
func (t *tree) formatIn(list key, nested bool) Format {
	if f, ok := t.gatewayIn(list); ok {
		return f
	}
	switch list {
	case keyInstances:
		if nested && t.isENS() {
			return AlibabaENS
		}
		if t.isECS() || nested && (t.lacks(keyInstanceID, ecsFields) || t.begins(keyInstanceID, "i-") && t.only(ecsFields)) {
			return AlibabaECS
		}
		if !nested && (t.lacks(keyInstanceID, swasFields) || t.isSWAS()) {
			return AlibabaSWAS
		}
		return 0
	case keyLoadBalancers:
		if f := t.balancer(); f != 0 && (f == AlibabaCLB || !nested) {
			return f
		}
		if nested && (t.lacks(keyLoadBalancerID, clbFields) || t.begins(keyLoadBalancerID, "lb-") && t.only(clbFields)) {
			return AlibabaCLB
		}
		if !nested && t.lacks(keyLoadBalancerID, albFields) {
			return AlibabaALB
		}
		if !nested && t.lacks(keyLoadBalancerID, nlbFields) {
			return AlibabaNLB
		}
		return 0
	case keyNatGateways:
		if t.isNAT() || t.only(natFields) {
			return AlibabaNAT
		}
		return 0
	case keyIpv6Translators:
		if t.has(keyIpv6TranslatorID) || t.bare() {
			return AlibabaNAT64
		}
		return 0
	case keyEipAddresses:
		if t.isEIP() || t.bare() {
			return AlibabaEIP
		}
		return 0
	case keyInstanceSet:
		if t.isLighthouse() || t.begins(keyInstanceID, "lhins-") && t.only(lighthouseFields) {
			return TencentLighthouse
		}
		if t.isCVM() || t.lacks(keyInstanceID, cvmFields) || t.begins(keyInstanceID, "ins-") && t.only(cvmFields) {
			return TencentCVM
		}
		if t.lacks(keyInstanceID, lighthouseFields) {
			return TencentLighthouse
		}
		return 0
	case keyPublicips, keyPublicip:
		if t.isHuaweiEIP() || t.bare() {
			return HuaweiEIP
		}
		return 0
	case keyInstanceList:
		if t.isAlibabaBilling() {
			return AlibabaBilling
		}
		if t.isTencentRenewals() {
			return TencentRenewals
		}
		return 0
	case keyInstanceRenewAttributes:
		if t.isAlibabaRenewals() {
			return AlibabaRenewals
		}
		return 0
	case keyAddressSet:
		if t.isTencentEIP() || t.only(tencentEIPFields) {
			return TencentEIP
		}
		return 0
	}
	if t.isHuaweiECS() || t.only(huaweiFields) && !t.has(keyLinks) {
		return HuaweiECS
	}
	return 0
}

// formatAlone returns the format of an object outside of a list, or 0: what a
// request for one server returns, or what a filter leaves of a list. It asks
// for more than in a list, where the list tells something, too.
func (t *tree) formatAlone() Format {
	switch {
	case t.has(keyInstanceID) && t.isECS() && t.has(keyInstanceChargeType) && t.has(keyRegionID):
		return AlibabaECS
	case t.has(keyInstanceID) && t.isSWAS() && t.has(keyChargeType) && t.has(keyRegionID) && t.has(keyStatus):
		return AlibabaSWAS
	case t.has(keyInstanceID) && t.isLighthouse() && t.has(keyInstanceChargeType):
		return TencentLighthouse
	case t.has(keyInstanceID) && t.isCVM() && t.has(keyInstanceChargeType):
		return TencentCVM
	case t.has(keyLoadBalancerID) && t.has(keyLoadBalancerStatus):
		return t.balancer()
	case t.has(keyNatGatewayID) && t.isNAT() && t.has(keyInstanceChargeType):
		return AlibabaNAT
	case t.has(keyIpv6TranslatorID) && t.has(keyPayType):
		return AlibabaNAT64
	case t.isEIP() && t.has(keyIPAddress):
		return AlibabaEIP
	case t.isTencentEIP() && t.has(keyAddressIP):
		return TencentEIP
	case t.has(keyInstanceID) && t.isENS():
		return AlibabaENS
	case t.has(keyLoadBalancerID) && t.isTencentCLB():
		return TencentCLB
	case t.has(keyNatGatewayID) && t.isTencentNAT():
		return TencentNAT
	case t.has(keyID) && t.marks(keyOwnStatus, keyRouterID, keyInternalNetworkID, keyAdminStateUp) >= 3: // addresses and routers have two of these
		return HuaweiNAT
	case t.has(keyID) && t.isHuaweiELB():
		return HuaweiELB
	case t.isHuaweiEIP():
		return HuaweiEIP
	case t.has(keyID) && t.isHuaweiECS() && t.has(keyOwnStatus):
		return HuaweiECS
	case t.isOwn():
		return OwnJSON
	}
	return 0
}
