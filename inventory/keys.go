package inventory

// key is a key of an object that some format reads. 0 is any other. Keys are
// matched exactly, unlike in encoding/json: the lists of some tools have keys
// that differ only in case.
type key uint8

const (
	_ key = iota

	// Lists, and what is around them.
	keyInstances
	keyLoadBalancers
	keyNatGateways
	keyIpv6Translators
	keyEipAddresses
	keyInstanceSet
	keyAddressSet
	keyLoadBalancerSet
	keyNatGatewaySet
	keyHuaweiNATs
	keyHuaweiNAT
	keyHuaweiELBs
	keyHuaweiELB
	keyPublicips
	keyPublicip
	keyInstanceList
	keyInstanceRenewAttributes
	keyServers
	keyServer
	keyInstance
	keyInstanceRenewAttribute
	keyLoadBalancer
	keyNatGateway
	keyIpv6Translator
	keyEipAddress
	keyTotalCount
	keyCount
	keyTotal
	keyTotalOf
	keyPageNumber
	keyPageSize
	keyNextToken
	keyServersLinks
	keyELBLinks
	keyCode
	keyErrorCode
	keyError

	// Lists of the billing centres, and renewal elsewhere.
	keyBilledID
	keyBilledRegion
	keyBilledOwner
	keyProductCode
	keySubscriptionType
	keyRenewStatus
	keyRenewalStatus
	keyAutoRenewEnabled
	keyRegionCode
	keyRenewFlag
	keyPrepaidAttributes

	// Alibaba Cloud.
	keyInstanceID
	keyInstanceName
	keyRegionID
	keyInstanceChargeType
	keyChargeType
	keyPayType
	keyLoadBalancerBillingConfig
	keyCreationTime
	keyCreateTime
	keyCreateTimeStamp
	keyExpiredTime
	keyEndTime
	keyEndTimeStamp
	keyAutoReleaseTime
	keyStatus
	keyStoppedMode
	keyBusinessStatus
	keyDisableReason
	keyOperationLocks
	keyLockReason
	keyLockType
	keyPublicIPAddress
	keyIPAddress
	keyAllocationID
	keyInternetMaxBandwidthOut
	keyNetworkInterfaces
	keyNetworkInterface
	keyNetworkInterfaceID
	keyEnsRegionID
	keyVpcAttributes
	keyVpcID
	keyDNSName
	keyLoadBalancerID
	keyLoadBalancerName
	keyLoadBalancerStatus
	keyLoadBalancerType
	keyLoadBalancerBusinessStatus
	keyLoadBalancerBussinessStatus
	keyLoadBalancerOperationLocks
	keyAddress
	keyAddressType
	keyIpv6AddressType
	keyZoneMappings
	keyLoadBalancerAddresses
	keyPublicIPv4Address
	keyIpv6Address
	keyNatGatewayID
	keyName
	keyNetworkType
	keyIPLists
	keyIPList
	keyIpv6TranslatorID
	keyAllocateIpv4Addr
	keyAllocateIpv6Addr
	keyInstanceResourceType
	keySpecName

	// Tencent Cloud.
	keyPlacement
	keyVirtualPrivateCloud
	keyZone
	keyCreatedTime
	keyInstanceState
	keyRestrictState
	keyInstanceRestrictState
	keyIsolatedSource
	keyIsolatedTime
	keyStopChargingMode
	keyPublicIPAddresses
	keyPublicAddresses
	keyBundleID
	keyAddressID
	keyAddressIP
	keyAddressStatus
	keyIsArrears
	keyIsBlocked
	keyLoadBalancerVips
	keyAddressIPv6
	keyForward
	keyIsolation
	keyIsBlock
	keyMasterZone
	keyZoneRegion
	keyTargetRegionInfo
	keyExpireTime
	keyNatGatewayName
	keyState
	keyNetworkState
	keyPublicIPAddressSet

	// Huawei Cloud.
	keyMetadata
	keyChargingMode
	keyEcmResStatus
	keyVMState
	keyAddresses
	keyAddr
	keyAddrType
	keyAutoTerminateTime
	keyLinks
	keyAvailabilityZone
	keyPort
	keyPortID
	keyPublicIPOf
	keyPublicIPv6Of
	keyVnic
	keyDeviceID
	keyLockStatus
	keyAssociatedType
	keyAssociatedID
	keyCreatedAt
	keyBillingInfo
	keyAdminStateUp
	keyRouterID
	keyInternalNetworkID
	keyProvisioningStatus
	keyOperatingStatus
	keyVipAddress
	keyVipPortID
	keyGuaranteed
	keyEips
	keyEIPAddressOf
	keyIpv6Bandwidth
	keyIpv6VipAddress
	keyFrozenScene
	keyAvailabilityZones

	// This package's own, the columns of ReadFacts. Some are Huawei Cloud's too.
	keyID
	keyOwnName
	keyOwner
	keyProduct
	keyProvider
	keyRegion
	keyBilling
	keyOwnStatus
	keyTermMonths
	keyFirstTermMonths
	keyCreated
	keyExpires
	keyAutoRenew
	keyTrial
	keyPublicIP
	keyIPs
	keyPartnerIP
	keyIPHeld
	keyDowngraded
	keyContractQuota
	keyOrderAmount

	lastKey = keyOrderAmount
)

var keyNames = [...]string{
	keyInstances:                   "Instances",
	keyLoadBalancers:               "LoadBalancers",
	keyNatGateways:                 "NatGateways",
	keyIpv6Translators:             "Ipv6Translators",
	keyEipAddresses:                "EipAddresses",
	keyInstanceSet:                 "InstanceSet",
	keyAddressSet:                  "AddressSet",
	keyLoadBalancerSet:             "LoadBalancerSet",
	keyNatGatewaySet:               "NatGatewaySet",
	keyHuaweiNATs:                  "nat_gateways",
	keyHuaweiNAT:                   "nat_gateway",
	keyHuaweiELBs:                  "loadbalancers",
	keyHuaweiELB:                   "loadbalancer",
	keyPublicips:                   "publicips",
	keyPublicip:                    "publicip",
	keyServers:                     "servers",
	keyServer:                      "server",
	keyInstance:                    "Instance",
	keyLoadBalancer:                "LoadBalancer",
	keyNatGateway:                  "NatGateway",
	keyIpv6Translator:              "Ipv6Translator",
	keyEipAddress:                  "EipAddress",
	keyTotalCount:                  "TotalCount",
	keyCount:                       "count",
	keyTotal:                       "total",
	keyTotalOf:                     "total_count",
	keyPageNumber:                  "PageNumber",
	keyPageSize:                    "PageSize",
	keyNextToken:                   "NextToken",
	keyServersLinks:                "servers_links",
	keyCode:                        "Code",
	keyErrorCode:                   "error_code",
	keyError:                       "Error",
	keyInstanceID:                  "InstanceId",
	keyInstanceName:                "InstanceName",
	keyRegionID:                    "RegionId",
	keyInstanceChargeType:          "InstanceChargeType",
	keyChargeType:                  "ChargeType",
	keyPayType:                     "PayType",
	keyLoadBalancerBillingConfig:   "LoadBalancerBillingConfig",
	keyCreationTime:                "CreationTime",
	keyCreateTime:                  "CreateTime",
	keyCreateTimeStamp:             "CreateTimeStamp",
	keyExpiredTime:                 "ExpiredTime",
	keyEndTime:                     "EndTime",
	keyEndTimeStamp:                "EndTimeStamp",
	keyAutoReleaseTime:             "AutoReleaseTime",
	keyStatus:                      "Status",
	keyStoppedMode:                 "StoppedMode",
	keyBusinessStatus:              "BusinessStatus",
	keyDisableReason:               "DisableReason",
	keyOperationLocks:              "OperationLocks",
	keyLockReason:                  "LockReason",
	keyLockType:                    "LockType",
	keyPublicIPAddress:             "PublicIpAddress",
	keyIPAddress:                   "IpAddress",
	keyAllocationID:                "AllocationId",
	keyInternetMaxBandwidthOut:     "InternetMaxBandwidthOut",
	keyNetworkInterfaces:           "NetworkInterfaces",
	keyNetworkInterface:            "NetworkInterface",
	keyNetworkInterfaceID:          "NetworkInterfaceId",
	keyEnsRegionID:                 "EnsRegionId",
	keyVpcAttributes:               "VpcAttributes",
	keyVpcID:                       "VpcId",
	keyDNSName:                     "DNSName",
	keyLoadBalancerID:              "LoadBalancerId",
	keyLoadBalancerName:            "LoadBalancerName",
	keyLoadBalancerStatus:          "LoadBalancerStatus",
	keyLoadBalancerType:            "LoadBalancerType",
	keyLoadBalancerBusinessStatus:  "LoadBalancerBusinessStatus",
	keyLoadBalancerBussinessStatus: "LoadBalancerBussinessStatus",
	keyLoadBalancerOperationLocks:  "LoadBalancerOperationLocks",
	keyAddress:                     "Address",
	keyAddressType:                 "AddressType",
	keyIpv6AddressType:             "Ipv6AddressType",
	keyZoneMappings:                "ZoneMappings",
	keyLoadBalancerAddresses:       "LoadBalancerAddresses",
	keyPublicIPv4Address:           "PublicIPv4Address",
	keyIpv6Address:                 "Ipv6Address",
	keyNatGatewayID:                "NatGatewayId",
	keyName:                        "Name",
	keyNetworkType:                 "NetworkType",
	keyIPLists:                     "IpLists",
	keyIPList:                      "IpList",
	keyIpv6TranslatorID:            "Ipv6TranslatorId",
	keyAllocateIpv4Addr:            "AllocateIpv4Addr",
	keyAllocateIpv6Addr:            "AllocateIpv6Addr",
	keyInstanceList:                "InstanceList",
	keyInstanceRenewAttributes:     "InstanceRenewAttributes",
	keyInstanceRenewAttribute:      "InstanceRenewAttribute",
	keyBilledID:                    "InstanceID",
	keyBilledRegion:                "Region",
	keyBilledOwner:                 "OwnerId",
	keyProductCode:                 "ProductCode",
	keySubscriptionType:            "SubscriptionType",
	keyRenewStatus:                 "RenewStatus",
	keyRenewalStatus:               "RenewalStatus",
	keyAutoRenewEnabled:            "AutoRenewEnabled",
	keyRegionCode:                  "RegionCode",
	keyRenewFlag:                   "RenewFlag",
	keyPrepaidAttributes:           "PrepaidAttributes",
	keyPlacement:                   "Placement",
	keyVirtualPrivateCloud:         "VirtualPrivateCloud",
	keyZone:                        "Zone",
	keyCreatedTime:                 "CreatedTime",
	keyInstanceState:               "InstanceState",
	keyRestrictState:               "RestrictState",
	keyInstanceRestrictState:       "InstanceRestrictState",
	keyIsolatedSource:              "IsolatedSource",
	keyIsolatedTime:                "IsolatedTime",
	keyStopChargingMode:            "StopChargingMode",
	keyPublicIPAddresses:           "PublicIpAddresses",
	keyPublicAddresses:             "PublicAddresses",
	keyBundleID:                    "BundleId",
	keyAddressID:                   "AddressId",
	keyAddressIP:                   "AddressIp",
	keyAddressStatus:               "AddressStatus",
	keyIsArrears:                   "IsArrears",
	keyIsBlocked:                   "IsBlocked",
	keyMetadata:                    "metadata",
	keyChargingMode:                "charging_mode",
	keyEcmResStatus:                "EcmResStatus",
	keyVMState:                     "OS-EXT-STS:vm_state",
	keyAddresses:                   "addresses",
	keyAddr:                        "addr",
	keyAddrType:                    "OS-EXT-IPS:type",
	keyAutoTerminateTime:           "auto_terminate_time",
	keyLinks:                       "links",
	keyAvailabilityZone:            "OS-EXT-AZ:availability_zone",
	keyPort:                        "OS-EXT-IPS:port_id",
	keyPortID:                      "port_id",
	keyPublicIPOf:                  "public_ip_address",
	keyPublicIPv6Of:                "public_ipv6_address",
	keyVnic:                        "vnic",
	keyDeviceID:                    "device_id",
	keyLockStatus:                  "lock_status",
	keyAssociatedType:              "associate_instance_type",
	keyAssociatedID:                "associate_instance_id",
	keyELBLinks:                    "loadbalancers_links",
	keyInstanceResourceType:        "InstanceResourceType",
	keySpecName:                    "SpecName",
	keyLoadBalancerVips:            "LoadBalancerVips",
	keyAddressIPv6:                 "AddressIPv6",
	keyForward:                     "Forward",
	keyIsolation:                   "Isolation",
	keyIsBlock:                     "IsBlock",
	keyMasterZone:                  "MasterZone",
	keyZoneRegion:                  "ZoneRegion",
	keyTargetRegionInfo:            "TargetRegionInfo",
	keyExpireTime:                  "ExpireTime",
	keyNatGatewayName:              "NatGatewayName",
	keyState:                       "State",
	keyNetworkState:                "NetworkState",
	keyPublicIPAddressSet:          "PublicIpAddressSet",
	keyCreatedAt:                   "created_at",
	keyBillingInfo:                 "billing_info",
	keyAdminStateUp:                "admin_state_up",
	keyRouterID:                    "router_id",
	keyInternalNetworkID:           "internal_network_id",
	keyProvisioningStatus:          "provisioning_status",
	keyOperatingStatus:             "operating_status",
	keyVipAddress:                  "vip_address",
	keyVipPortID:                   "vip_port_id",
	keyGuaranteed:                  "guaranteed",
	keyEips:                        "eips",
	keyEIPAddressOf:                "eip_address",
	keyIpv6Bandwidth:               "ipv6_bandwidth",
	keyIpv6VipAddress:              "ipv6_vip_address",
	keyFrozenScene:                 "frozen_scene",
	keyAvailabilityZones:           "availability_zone_list",
	keyID:                          "id",
	keyOwnName:                     "name",
	keyOwner:                       "owner",
	keyProduct:                     "product",
	keyProvider:                    "provider",
	keyRegion:                      "region",
	keyBilling:                     "billing",
	keyOwnStatus:                   "status",
	keyTermMonths:                  "term_months",
	keyFirstTermMonths:             "first_term_months",
	keyCreated:                     "created",
	keyExpires:                     "expires",
	keyAutoRenew:                   "auto_renew",
	keyTrial:                       "trial",
	keyPublicIP:                    "public_ip",
	keyIPs:                         "ips",
	keyPartnerIP:                   "partner_ip",
	keyIPHeld:                      "ip_held",
	keyDowngraded:                  "downgraded",
	keyContractQuota:               "contract_quota",
	keyOrderAmount:                 "order_amount",
}

const keySlots = 512

// keyTable is keyNames the other way round: a hash table with linear probing, at
// most half full. Most of what a list holds are keys, and a map takes a quarter
// of the time that it takes to read a list.
var keyTable = func() (table [keySlots]key) {
	for k, name := range keyNames {
		if name == "" {
			continue
		}
		i := slotOf([]byte(name))
		for table[i] != 0 {
			i = (i + 1) % keySlots
		}
		table[i] = key(k)
	}
	return table
}()

// slotOf returns where in keyTable a key is looked for first.
func slotOf(name []byte) int {
	n := len(name)
	return (n*73 ^ int(name[0]) ^ int(name[n/2])<<2 ^ int(name[n-1])<<4) % keySlots
}

// keyOf returns the key of that name, or 0.
func keyOf(name []byte) key {
	if len(name) == 0 {
		return 0
	}
	for i := slotOf(name); keyTable[i] != 0; i = (i + 1) % keySlots {
		if keyNames[keyTable[i]] == string(name) {
			return keyTable[i]
		}
	}
	return 0
}
