/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `icp_account_ledgers` (
  `account` varchar(128) NOT NULL,
  `product` varchar(128) NOT NULL,
  `version` bigint(20) NOT NULL,
  `issued` int(11) NOT NULL,
  `attached` int(11) NOT NULL,
  `closed` varchar(256) DEFAULT NULL,
  `closed_at` datetime(6) DEFAULT NULL,
  `reason` varchar(256) DEFAULT NULL,
  PRIMARY KEY (`account`,`product`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `icp_acquaintances` (
  `granter` varchar(128) NOT NULL,
  `grantee` varchar(128) NOT NULL,
  PRIMARY KEY (`granter`,`grantee`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `icp_acquaintances` VALUES
('old 𠮷 owner','old \"grantee\" \\ 备案'),
('old 𠮷 owner','second');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `icp_codes` (
  `code` varchar(128) NOT NULL,
  `version` bigint(20) NOT NULL,
  `state` varchar(32) NOT NULL,
  `last_action` varchar(32) NOT NULL,
  `origin` varchar(32) NOT NULL,
  `owner` varchar(128) DEFAULT NULL,
  `grantee` varchar(128) DEFAULT NULL,
  `holder` varchar(128) DEFAULT NULL,
  `instance` varchar(128) DEFAULT NULL,
  `product` varchar(256) DEFAULT NULL,
  `rule_set` varchar(256) DEFAULT NULL,
  `assumed` varchar(1024) DEFAULT NULL,
  `contract_quota` int(11) DEFAULT NULL,
  `issued` datetime(6) DEFAULT NULL,
  `granted` datetime(6) DEFAULT NULL,
  `updated` datetime(6) DEFAULT NULL,
  `ended` datetime(6) DEFAULT NULL,
  `filing_kind` varchar(256) DEFAULT NULL,
  `filing_domain` varchar(256) DEFAULT NULL,
  `filing_app` varchar(256) DEFAULT NULL,
  `filing_subject` varchar(256) DEFAULT NULL,
  `filing_ips` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`filing_ips`)),
  `icp_number` varchar(128) DEFAULT NULL,
  `paid` decimal(20,2) DEFAULT NULL,
  `paid_currency` varchar(256) DEFAULT NULL,
  `refunded` decimal(20,2) DEFAULT NULL,
  `refunded_currency` varchar(256) DEFAULT NULL,
  `remark` varchar(256) DEFAULT NULL,
  `reason` varchar(256) DEFAULT NULL,
  PRIMARY KEY (`code`),
  KEY `owner` (`owner`,`code`),
  KEY `holder` (`holder`,`code`),
  KEY `instance` (`instance`,`code`),
  KEY `icp_number` (`icp_number`,`code`),
  KEY `ended` (`ended`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `icp_codes` VALUES
('010525835095',2,'Invalid','Void','Paid','old 𠮷 owner',NULL,'old 𠮷 owner',NULL,NULL,'alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000',NULL,'2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,100.00,'CNY',NULL,NULL,NULL,'it\'s void'),
('010719168530',2,'Available','Grant','Free','old 𠮷 owner','old \"grantee\" \\ 备案','old \"grantee\" \\ 备案','i-旧','ECS','alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'以前 😀',NULL),
('012345678901',1,'Filed','Import','Paid','old 𠮷 owner',NULL,'old 𠮷 owner','i-imported','ECS','alibaba-2026-01-06',NULL,NULL,'2025-05-06 07:08:09.123456',NULL,'2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000','First','Imported.Example.cn',NULL,'主体-1',NULL,'沪ICP备87654321号',88.80,'CNY',NULL,NULL,NULL,NULL),
('014882268562',3,'Invalid','CloseRefund','Free','old 𠮷 owner',NULL,'old 𠮷 owner','i-closed','ECS','alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000',NULL,'2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000','First','闭.Example.cn',NULL,'主体-1',NULL,NULL,NULL,NULL,NULL,NULL,'以前 😀','退订'),
('015232211646',2,'Unbound','Grant','Paid','old 𠮷 owner','second','second',NULL,NULL,'alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL,100.00,'CNY',NULL,NULL,NULL,NULL),
('020807950061',1,'Available','Issue','Free','old 𠮷 owner',NULL,'old 𠮷 owner','i-旧','ECS','alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000',NULL,'2026-03-01 04:00:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'以前 😀',NULL),
('026402374961',3,'Filed','Approve','Free','old 𠮷 owner',NULL,'old 𠮷 owner','i-旧','ECS','alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000',NULL,'2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000','First','Example.CN',NULL,'主体-1','[\"47.96.1.1\"]','京ICP备12345678号-1',NULL,NULL,NULL,NULL,'以前 😀',NULL),
('050088450406',2,'Refunded','CloseRefund','Free','old 𠮷 owner',NULL,'old 𠮷 owner','i-closed','ECS','alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000',NULL,'2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'以前 😀','退订'),
('058258749595',2,'Refunded','Refund','Paid','old 𠮷 owner',NULL,'old 𠮷 owner',NULL,NULL,'alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000',NULL,'2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,100.00,'CNY',100.00,'CNY',NULL,'不要了'),
('059241272755',2,'Available','Bind','Paid','old 𠮷 owner',NULL,'old 𠮷 owner','i-bound','ECS','alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000',NULL,'2026-03-01 04:00:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL,100.00,'CNY',NULL,NULL,NULL,NULL),
('077793492219',3,'Filing','Submit','Free','old 𠮷 owner','old \"grantee\" \\ 备案','old \"grantee\" \\ 备案','i-旧','ECS','alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000','2026-03-01 04:00:00.000000',NULL,'First','xn--fsqu00a.CN',NULL,'主体-1','[\"::ffff:47.96.1.2\"]',NULL,NULL,NULL,NULL,NULL,'以前 😀',NULL),
('098804940913',3,'Available','Release','Free','old 𠮷 owner',NULL,'old 𠮷 owner','i-旧','ECS','alibaba-2026-01-06',NULL,NULL,'2026-03-01 04:00:00.000000',NULL,'2026-03-01 04:00:00.000000',NULL,'NewService',NULL,'小程序 A','主体-2',NULL,NULL,NULL,NULL,NULL,NULL,'以前 😀','撤回');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `icp_events` (
  `code` varchar(128) NOT NULL,
  `seq` bigint(20) NOT NULL,
  `at` datetime(6) NOT NULL,
  `action` varchar(32) NOT NULL,
  `actor` varchar(128) DEFAULT NULL,
  `request_id` varchar(128) DEFAULT NULL,
  `from_state` varchar(32) NOT NULL,
  `to_state` varchar(32) NOT NULL,
  `rule_set` varchar(256) DEFAULT NULL,
  `assumed` varchar(1024) DEFAULT NULL,
  `reason` varchar(256) DEFAULT NULL,
  `owner` varchar(128) DEFAULT NULL,
  `grantee` varchar(128) DEFAULT NULL,
  `instance` varchar(128) DEFAULT NULL,
  `product` varchar(256) DEFAULT NULL,
  `origin` varchar(256) DEFAULT NULL,
  `contract_quota` int(11) DEFAULT NULL,
  `remark` varchar(256) DEFAULT NULL,
  `issued` datetime(6) DEFAULT NULL,
  `granted` datetime(6) DEFAULT NULL,
  `filing_kind` varchar(256) DEFAULT NULL,
  `filing_domain` varchar(256) DEFAULT NULL,
  `filing_app` varchar(256) DEFAULT NULL,
  `filing_subject` varchar(256) DEFAULT NULL,
  `filing_ips` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`filing_ips`)),
  `icp_number` varchar(256) DEFAULT NULL,
  `paid` decimal(20,2) DEFAULT NULL,
  `paid_currency` varchar(256) DEFAULT NULL,
  `refund` decimal(20,2) DEFAULT NULL,
  `refund_currency` varchar(256) DEFAULT NULL,
  PRIMARY KEY (`code`,`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `icp_events` VALUES
('010525835095',1,'2026-03-01 04:00:00.000000','Buy','old 𠮷 owner','旧-8','None','Unbound','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,NULL,NULL,'Paid',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,100.00,'CNY',NULL,NULL),
('010525835095',2,'2026-03-01 04:00:00.000000','Void','ops','旧-10','Unbound','Invalid','alibaba-2026-01-06',NULL,'it\'s void',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('010719168530',1,'2026-03-01 04:00:00.000000','Issue','old 𠮷 owner','旧-2','None','Available','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,'i-旧','ECS','Free',NULL,'以前 😀',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('010719168530',2,'2026-03-01 04:00:00.000000','Grant','old 𠮷 owner','旧-2','Available','Available','alibaba-2026-01-06',NULL,NULL,NULL,'old \"grantee\" \\ 备案',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('012345678901',1,'2026-03-01 04:00:00.000000','Import','ops','旧-16','None','Filed','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,'i-imported','ECS','Paid',NULL,NULL,'2025-05-06 07:08:09.123456',NULL,'First','Imported.Example.cn',NULL,'主体-1',NULL,'沪ICP备87654321号',88.80,'CNY',NULL,NULL),
('014882268562',1,'2026-03-01 04:00:00.000000','Issue','old 𠮷 owner','旧-13','None','Available','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,'i-closed','ECS','Free',NULL,'以前 😀',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('014882268562',2,'2026-03-01 04:00:00.000000','Submit','old 𠮷 owner','旧-14','Available','Filing','alibaba-2026-01-06',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'First','闭.Example.cn',NULL,'主体-1',NULL,NULL,NULL,NULL,NULL,NULL),
('014882268562',3,'2026-03-01 04:00:00.000000','CloseRefund','ops','旧-15','Filing','Invalid','alibaba-2026-01-06',NULL,'退订',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('015232211646',1,'2026-03-01 04:00:00.000000','Buy','old 𠮷 owner','旧-8','None','Unbound','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,NULL,NULL,'Paid',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,100.00,'CNY',NULL,NULL),
('015232211646',2,'2026-03-01 04:00:00.000000','Grant','old 𠮷 owner','旧-11','Unbound','Unbound','alibaba-2026-01-06',NULL,NULL,NULL,'second',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('020807950061',1,'2026-03-01 04:00:00.000000','Issue','old 𠮷 owner','旧-1','None','Available','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,'i-旧','ECS','Free',NULL,'以前 😀',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('026402374961',1,'2026-03-01 04:00:00.000000','Issue','old 𠮷 owner','旧-1','None','Available','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,'i-旧','ECS','Free',NULL,'以前 😀',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('026402374961',2,'2026-03-01 04:00:00.000000','Submit','old 𠮷 owner','旧-3','Available','Filing','alibaba-2026-01-06',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'First','Example.CN',NULL,'主体-1','[\"47.96.1.1\"]',NULL,NULL,NULL,NULL,NULL),
('026402374961',3,'2026-03-01 04:00:00.000000','Approve','ops','旧-4','Filing','Filed','alibaba-2026-01-06',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'First','Example.CN',NULL,'主体-1','[\"47.96.1.1\"]','京ICP备12345678号-1',NULL,NULL,NULL,NULL),
('050088450406',1,'2026-03-01 04:00:00.000000','Issue','old 𠮷 owner','旧-13','None','Available','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,'i-closed','ECS','Free',NULL,'以前 😀',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('050088450406',2,'2026-03-01 04:00:00.000000','CloseRefund','ops','旧-15','Available','Refunded','alibaba-2026-01-06',NULL,'退订',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('058258749595',1,'2026-03-01 04:00:00.000000','Buy','old 𠮷 owner','旧-8','None','Unbound','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,NULL,NULL,'Paid',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,100.00,'CNY',NULL,NULL),
('058258749595',2,'2026-03-01 04:00:00.000000','Refund','old 𠮷 owner','旧-9','Unbound','Refunded','alibaba-2026-01-06',NULL,'不要了',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,100.00,'CNY'),
('059241272755',1,'2026-03-01 04:00:00.000000','Buy','old 𠮷 owner','旧-8','None','Unbound','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,NULL,NULL,'Paid',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,100.00,'CNY',NULL,NULL),
('059241272755',2,'2026-03-01 04:00:00.000000','Bind','old 𠮷 owner','旧-12','Unbound','Available','alibaba-2026-01-06',NULL,NULL,NULL,NULL,'i-bound','ECS',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('077793492219',1,'2026-03-01 04:00:00.000000','Issue','old 𠮷 owner','旧-2','None','Available','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,'i-旧','ECS','Free',NULL,'以前 😀',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('077793492219',2,'2026-03-01 04:00:00.000000','Grant','old 𠮷 owner','旧-2','Available','Available','alibaba-2026-01-06',NULL,NULL,NULL,'old \"grantee\" \\ 备案',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('077793492219',3,'2026-03-01 04:00:00.000000','Submit','old \"grantee\" \\ 备案','旧-5','Available','Filing','alibaba-2026-01-06',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'First','xn--fsqu00a.CN',NULL,'主体-1','[\"::ffff:47.96.1.2\"]',NULL,NULL,NULL,NULL,NULL),
('098804940913',1,'2026-03-01 04:00:00.000000','Issue','old 𠮷 owner','旧-1','None','Available','alibaba-2026-01-06',NULL,NULL,'old 𠮷 owner',NULL,'i-旧','ECS','Free',NULL,'以前 😀',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
('098804940913',2,'2026-03-01 04:00:00.000000','Submit','old 𠮷 owner','旧-6','Available','Filing','alibaba-2026-01-06',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'NewService',NULL,'小程序 A','主体-2',NULL,NULL,NULL,NULL,NULL,NULL),
('098804940913',3,'2026-03-01 04:00:00.000000','Release','old 𠮷 owner','旧-7','Filing','Available','alibaba-2026-01-06',NULL,'撤回',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `icp_ledgers` (
  `instance` varchar(128) NOT NULL,
  `version` bigint(20) NOT NULL,
  `issued` int(11) NOT NULL,
  `attached` int(11) NOT NULL,
  `closed` varchar(256) DEFAULT NULL,
  `closed_at` datetime(6) DEFAULT NULL,
  `reason` varchar(256) DEFAULT NULL,
  PRIMARY KEY (`instance`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `icp_ledgers` VALUES
('i-bound',1,0,1,NULL,NULL,NULL),
('i-closed',2,2,2,'CloseRefund','2026-03-01 04:00:00.000000','退订'),
('i-imported',1,0,1,NULL,NULL,NULL),
('i-旧',2,5,5,NULL,NULL,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `icp_partners` (
  `account` varchar(128) NOT NULL,
  `direction` varchar(128) NOT NULL,
  `year` int(11) NOT NULL,
  `version` bigint(20) NOT NULL,
  `accounts` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`accounts`)),
  PRIMARY KEY (`account`,`direction`,`year`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `icp_partners` VALUES
('old \"grantee\" \\ 备案','granters',2026,1,'[\"old 𠮷 owner\"]'),
('old 𠮷 owner','grantees',2026,2,'[\"old \\\"grantee\\\" \\\\ 备案\",\"second\"]'),
('second','granters',2026,1,'[\"old 𠮷 owner\"]');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `icp_receipts` (
  `actor` varchar(128) NOT NULL,
  `request_id` varchar(128) NOT NULL,
  `version` bigint(20) NOT NULL,
  `at` datetime(6) DEFAULT NULL,
  `fingerprint` char(64) NOT NULL,
  `result` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(`result`)),
  PRIMARY KEY (`actor`,`request_id`),
  KEY `at` (`at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `icp_receipts` VALUES
('old \"grantee\" \\ 备案','旧-5',1,'2026-03-01 04:00:00.000000','668dcbd73ef46ede4d968c7ac7ebfcbc9277b421924182c52baa5c60efffea24','{\"request_id\":\"旧-5\",\"action\":\"Submit\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"077793492219\"],\"state\":\"Filing\"}'),
('old 𠮷 owner','旧-1',1,'2026-03-01 04:00:00.000000','02dac83b4f91348670d3f8e7b0a9c0163371eb7fd17eb0ad305f9fbb2a357150','{\"request_id\":\"旧-1\",\"action\":\"Issue\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"026402374961\",\"098804940913\",\"020807950061\"],\"state\":\"Available\",\"quota\":{\"used\":3,\"limit\":5,\"requested\":3}}'),
('old 𠮷 owner','旧-11',1,'2026-03-01 04:00:00.000000','3fe9bd97d519c9fa0611a6b4f43b49f4a9537bad7278967eddbe0d3a1331603f','{\"request_id\":\"旧-11\",\"action\":\"Grant\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"015232211646\"],\"state\":\"Unbound\"}'),
('old 𠮷 owner','旧-12',1,'2026-03-01 04:00:00.000000','c1d2b57d13e47b32a7cfa5e3a91a2d25a3a64a3a076b016eb810680ac03454e1','{\"request_id\":\"旧-12\",\"action\":\"Bind\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"059241272755\"],\"state\":\"Available\"}'),
('old 𠮷 owner','旧-13',1,'2026-03-01 04:00:00.000000','6ecbe3f7683f01ca15fbb1b9cd266cc42a0e5d036ba378ff5cbdd4d3c98e7b2a','{\"request_id\":\"旧-13\",\"action\":\"Issue\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"014882268562\",\"050088450406\"],\"state\":\"Available\",\"quota\":{\"used\":2,\"limit\":5,\"requested\":2}}'),
('old 𠮷 owner','旧-14',1,'2026-03-01 04:00:00.000000','7f220a9bf16c23dfbc10e1abb45e6cac3f80032811a4def34d82a52e71dc6542','{\"request_id\":\"旧-14\",\"action\":\"Submit\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"014882268562\"],\"state\":\"Filing\"}'),
('old 𠮷 owner','旧-2',1,'2026-03-01 04:00:00.000000','435ad347ca74fb402797a9a89744e26297a33b55a72e34fb11fbbfc1fa032ace','{\"request_id\":\"旧-2\",\"action\":\"Issue\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"077793492219\",\"010719168530\"],\"state\":\"Available\",\"quota\":{\"used\":5,\"limit\":5,\"requested\":2}}'),
('old 𠮷 owner','旧-3',1,'2026-03-01 04:00:00.000000','ab8fcb82970b62e6d20be521630f208147cc0835c04974d4bc3711ea08851def','{\"request_id\":\"旧-3\",\"action\":\"Submit\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"026402374961\"],\"state\":\"Filing\"}'),
('old 𠮷 owner','旧-6',1,'2026-03-01 04:00:00.000000','e2b694feecd19a1f68e354a31e54edd2789801e927373841ecc8743047dc1a2b','{\"request_id\":\"旧-6\",\"action\":\"Submit\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"098804940913\"],\"state\":\"Filing\"}'),
('old 𠮷 owner','旧-7',1,'2026-03-01 04:00:00.000000','a1b1320ec0153c79c97788526bfade3e9071347a57eec1c894044ca31edb9d97','{\"request_id\":\"旧-7\",\"action\":\"Release\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"098804940913\"],\"state\":\"Available\"}'),
('old 𠮷 owner','旧-8',1,'2026-03-01 04:00:00.000000','f2b8574c4989eaced6178dd1889d91ac7f759f921c48705b55cd7696d5d1e9cf','{\"request_id\":\"旧-8\",\"action\":\"Buy\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"058258749595\",\"010525835095\",\"015232211646\",\"059241272755\"],\"state\":\"Unbound\",\"money\":{\"amount\":\"400\",\"currency\":\"CNY\"}}'),
('old 𠮷 owner','旧-9',1,'2026-03-01 04:00:00.000000','1b55a8785a0f485b2d3af5f5eb5fb1a04816cd5df2b9a4ca4fb1a2f9cda9e645','{\"request_id\":\"旧-9\",\"action\":\"Refund\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"058258749595\"],\"state\":\"Refunded\",\"money\":{\"amount\":\"100\",\"currency\":\"CNY\"}}'),
('ops','旧-10',1,'2026-03-01 04:00:00.000000','f93359963f6f4b221c9a3bcc2f51ee6a13d148cfac4a8ef25701cd140b232152','{\"request_id\":\"旧-10\",\"action\":\"Void\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"010525835095\"],\"state\":\"Invalid\"}'),
('ops','旧-15',1,'2026-03-01 04:00:00.000000','82bfe254f1cf2a28a6e4591552a65cd4131d7476e980ce47c14939111dc7d5b2','{\"request_id\":\"旧-15\",\"action\":\"CloseRefund\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"014882268562\",\"050088450406\"],\"state\":\"None\"}'),
('ops','旧-16',1,'2026-03-01 04:00:00.000000','599b7bd5d49cb0b659fea874b5249f36c80f1e1669bd04882b0a98fea28573f9','{\"request_id\":\"旧-16\",\"action\":\"Import\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"012345678901\"],\"state\":\"Filed\"}'),
('ops','旧-4',1,'2026-03-01 04:00:00.000000','95c5e2832634984dcec69c9440c23a88a9392df97d54a79a7c2a5604df5332a1','{\"request_id\":\"旧-4\",\"action\":\"Approve\",\"at\":\"2026-03-01T04:00:00Z\",\"codes\":[\"026402374961\"],\"state\":\"Filed\"}');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `icp_schema` (
  `version` int(11) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `icp_schema` VALUES
(1);
