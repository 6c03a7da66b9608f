CREATE FUNCTION public.icp_conflict() RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'icpcode: a document has another version' using errcode = 'IC001';
end
$$;
CREATE TABLE public.icp_account_ledgers (
    account text NOT NULL COLLATE pg_catalog."C",
    product text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    issued integer NOT NULL,
    attached integer NOT NULL,
    closed text,
    closed_at timestamp with time zone,
    reason text
);
CREATE TABLE public.icp_acquaintances (
    granter text NOT NULL COLLATE pg_catalog."C",
    grantee text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.icp_codes (
    code text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    state text NOT NULL,
    last_action text NOT NULL,
    origin text NOT NULL,
    owner text COLLATE pg_catalog."C",
    grantee text COLLATE pg_catalog."C",
    holder text COLLATE pg_catalog."C",
    instance text COLLATE pg_catalog."C",
    product text,
    rule_set text,
    assumed text,
    contract_quota integer,
    issued timestamp with time zone,
    granted timestamp with time zone,
    updated timestamp with time zone,
    ended timestamp with time zone,
    filing_kind text,
    filing_domain text,
    filing_app text,
    filing_subject text,
    filing_ips jsonb,
    icp_number text COLLATE pg_catalog."C",
    paid numeric(20,2),
    paid_currency text,
    refunded numeric(20,2),
    refunded_currency text,
    remark text,
    reason text
);
CREATE TABLE public.icp_events (
    code text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    action text NOT NULL,
    actor text COLLATE pg_catalog."C",
    request_id text COLLATE pg_catalog."C",
    from_state text NOT NULL,
    to_state text NOT NULL,
    rule_set text,
    assumed text,
    reason text,
    owner text COLLATE pg_catalog."C",
    grantee text COLLATE pg_catalog."C",
    instance text COLLATE pg_catalog."C",
    product text,
    origin text,
    contract_quota integer,
    remark text,
    issued timestamp with time zone,
    granted timestamp with time zone,
    filing_kind text,
    filing_domain text,
    filing_app text,
    filing_subject text,
    filing_ips jsonb,
    icp_number text,
    paid numeric(20,2),
    paid_currency text,
    refund numeric(20,2),
    refund_currency text
);
CREATE TABLE public.icp_ledgers (
    instance text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    issued integer NOT NULL,
    attached integer NOT NULL,
    closed text,
    closed_at timestamp with time zone,
    reason text
);
CREATE TABLE public.icp_partners (
    account text NOT NULL COLLATE pg_catalog."C",
    direction text NOT NULL COLLATE pg_catalog."C",
    year integer NOT NULL,
    version bigint NOT NULL,
    accounts jsonb
);
CREATE TABLE public.icp_receipts (
    actor text NOT NULL COLLATE pg_catalog."C",
    request_id text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    at timestamp with time zone,
    fingerprint text NOT NULL,
    result jsonb NOT NULL
);
CREATE TABLE public.icp_schema (
    version integer NOT NULL
);
INSERT INTO public.icp_acquaintances VALUES ('old 𠮷 owner', 'old "grantee" \ 备案');
INSERT INTO public.icp_acquaintances VALUES ('old 𠮷 owner', 'second');
INSERT INTO public.icp_codes VALUES ('042284290322', 1, 'Available', 'Issue', 'Free', 'old 𠮷 owner', NULL, 'old 𠮷 owner', 'i-旧', 'ECS', 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', NULL, '2026-03-01 04:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '以前 😀', NULL);
INSERT INTO public.icp_codes VALUES ('001259045464', 2, 'Available', 'Grant', 'Free', 'old 𠮷 owner', 'old "grantee" \ 备案', 'old "grantee" \ 备案', 'i-旧', 'ECS', 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '以前 😀', NULL);
INSERT INTO public.icp_codes VALUES ('038557158671', 3, 'Filed', 'Approve', 'Free', 'old 𠮷 owner', NULL, 'old 𠮷 owner', 'i-旧', 'ECS', 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', NULL, '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', 'First', 'Example.CN', NULL, '主体-1', '["47.96.1.1"]', '京ICP备12345678号-1', NULL, NULL, NULL, NULL, '以前 😀', NULL);
INSERT INTO public.icp_codes VALUES ('052862754223', 3, 'Filing', 'Submit', 'Free', 'old 𠮷 owner', 'old "grantee" \ 备案', 'old "grantee" \ 备案', 'i-旧', 'ECS', 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', NULL, 'First', 'xn--fsqu00a.CN', NULL, '主体-1', '["::ffff:47.96.1.2"]', NULL, NULL, NULL, NULL, NULL, '以前 😀', NULL);
INSERT INTO public.icp_codes VALUES ('074863406686', 3, 'Available', 'Release', 'Free', 'old 𠮷 owner', NULL, 'old 𠮷 owner', 'i-旧', 'ECS', 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', NULL, '2026-03-01 04:00:00+00', NULL, 'NewService', NULL, '小程序 A', '主体-2', NULL, NULL, NULL, NULL, NULL, NULL, '以前 😀', '撤回');
INSERT INTO public.icp_codes VALUES ('016523006008', 2, 'Refunded', 'Refund', 'Paid', 'old 𠮷 owner', NULL, 'old 𠮷 owner', NULL, NULL, 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', NULL, '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 100.00, 'CNY', 100.00, 'CNY', NULL, '不要了');
INSERT INTO public.icp_codes VALUES ('002684469279', 2, 'Invalid', 'Void', 'Paid', 'old 𠮷 owner', NULL, 'old 𠮷 owner', NULL, NULL, 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', NULL, '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, 100.00, 'CNY', NULL, NULL, NULL, 'it''s void');
INSERT INTO public.icp_codes VALUES ('089056578334', 2, 'Unbound', 'Grant', 'Paid', 'old 𠮷 owner', 'second', 'second', NULL, NULL, 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 100.00, 'CNY', NULL, NULL, NULL, NULL);
INSERT INTO public.icp_codes VALUES ('000461334436', 2, 'Available', 'Bind', 'Paid', 'old 𠮷 owner', NULL, 'old 𠮷 owner', 'i-bound', 'ECS', 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', NULL, '2026-03-01 04:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 100.00, 'CNY', NULL, NULL, NULL, NULL);
INSERT INTO public.icp_codes VALUES ('057927606157', 3, 'Invalid', 'CloseRefund', 'Free', 'old 𠮷 owner', NULL, 'old 𠮷 owner', 'i-closed', 'ECS', 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', NULL, '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', 'First', '闭.Example.cn', NULL, '主体-1', NULL, NULL, NULL, NULL, NULL, NULL, '以前 😀', '退订');
INSERT INTO public.icp_codes VALUES ('097174420315', 2, 'Refunded', 'CloseRefund', 'Free', 'old 𠮷 owner', NULL, 'old 𠮷 owner', 'i-closed', 'ECS', 'alibaba-2026-01-06', NULL, NULL, '2026-03-01 04:00:00+00', NULL, '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '以前 😀', '退订');
INSERT INTO public.icp_codes VALUES ('012345678901', 1, 'Filed', 'Import', 'Paid', 'old 𠮷 owner', NULL, 'old 𠮷 owner', 'i-imported', 'ECS', 'alibaba-2026-01-06', NULL, NULL, '2025-05-06 07:08:09.123456+00', NULL, '2026-03-01 04:00:00+00', '2026-03-01 04:00:00+00', 'First', 'Imported.Example.cn', NULL, '主体-1', NULL, '沪ICP备87654321号', 88.80, 'CNY', NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('038557158671', 1, '2026-03-01 04:00:00+00', 'Issue', 'old 𠮷 owner', '旧-1', 'None', 'Available', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, 'i-旧', 'ECS', 'Free', NULL, '以前 😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('042284290322', 1, '2026-03-01 04:00:00+00', 'Issue', 'old 𠮷 owner', '旧-1', 'None', 'Available', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, 'i-旧', 'ECS', 'Free', NULL, '以前 😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('074863406686', 1, '2026-03-01 04:00:00+00', 'Issue', 'old 𠮷 owner', '旧-1', 'None', 'Available', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, 'i-旧', 'ECS', 'Free', NULL, '以前 😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('001259045464', 1, '2026-03-01 04:00:00+00', 'Issue', 'old 𠮷 owner', '旧-2', 'None', 'Available', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, 'i-旧', 'ECS', 'Free', NULL, '以前 😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('001259045464', 2, '2026-03-01 04:00:00+00', 'Grant', 'old 𠮷 owner', '旧-2', 'Available', 'Available', 'alibaba-2026-01-06', NULL, NULL, NULL, 'old "grantee" \ 备案', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('052862754223', 1, '2026-03-01 04:00:00+00', 'Issue', 'old 𠮷 owner', '旧-2', 'None', 'Available', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, 'i-旧', 'ECS', 'Free', NULL, '以前 😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('052862754223', 2, '2026-03-01 04:00:00+00', 'Grant', 'old 𠮷 owner', '旧-2', 'Available', 'Available', 'alibaba-2026-01-06', NULL, NULL, NULL, 'old "grantee" \ 备案', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('038557158671', 2, '2026-03-01 04:00:00+00', 'Submit', 'old 𠮷 owner', '旧-3', 'Available', 'Filing', 'alibaba-2026-01-06', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'First', 'Example.CN', NULL, '主体-1', '["47.96.1.1"]', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('038557158671', 3, '2026-03-01 04:00:00+00', 'Approve', 'ops', '旧-4', 'Filing', 'Filed', 'alibaba-2026-01-06', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'First', 'Example.CN', NULL, '主体-1', '["47.96.1.1"]', '京ICP备12345678号-1', NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('052862754223', 3, '2026-03-01 04:00:00+00', 'Submit', 'old "grantee" \ 备案', '旧-5', 'Available', 'Filing', 'alibaba-2026-01-06', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'First', 'xn--fsqu00a.CN', NULL, '主体-1', '["::ffff:47.96.1.2"]', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('074863406686', 2, '2026-03-01 04:00:00+00', 'Submit', 'old 𠮷 owner', '旧-6', 'Available', 'Filing', 'alibaba-2026-01-06', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'NewService', NULL, '小程序 A', '主体-2', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('074863406686', 3, '2026-03-01 04:00:00+00', 'Release', 'old 𠮷 owner', '旧-7', 'Filing', 'Available', 'alibaba-2026-01-06', NULL, '撤回', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('000461334436', 1, '2026-03-01 04:00:00+00', 'Buy', 'old 𠮷 owner', '旧-8', 'None', 'Unbound', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, NULL, NULL, 'Paid', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 100.00, 'CNY', NULL, NULL);
INSERT INTO public.icp_events VALUES ('002684469279', 1, '2026-03-01 04:00:00+00', 'Buy', 'old 𠮷 owner', '旧-8', 'None', 'Unbound', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, NULL, NULL, 'Paid', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 100.00, 'CNY', NULL, NULL);
INSERT INTO public.icp_events VALUES ('016523006008', 1, '2026-03-01 04:00:00+00', 'Buy', 'old 𠮷 owner', '旧-8', 'None', 'Unbound', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, NULL, NULL, 'Paid', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 100.00, 'CNY', NULL, NULL);
INSERT INTO public.icp_events VALUES ('089056578334', 1, '2026-03-01 04:00:00+00', 'Buy', 'old 𠮷 owner', '旧-8', 'None', 'Unbound', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, NULL, NULL, 'Paid', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 100.00, 'CNY', NULL, NULL);
INSERT INTO public.icp_events VALUES ('016523006008', 2, '2026-03-01 04:00:00+00', 'Refund', 'old 𠮷 owner', '旧-9', 'Unbound', 'Refunded', 'alibaba-2026-01-06', NULL, '不要了', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 100.00, 'CNY');
INSERT INTO public.icp_events VALUES ('002684469279', 2, '2026-03-01 04:00:00+00', 'Void', 'ops', '旧-10', 'Unbound', 'Invalid', 'alibaba-2026-01-06', NULL, 'it''s void', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('089056578334', 2, '2026-03-01 04:00:00+00', 'Grant', 'old 𠮷 owner', '旧-11', 'Unbound', 'Unbound', 'alibaba-2026-01-06', NULL, NULL, NULL, 'second', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('000461334436', 2, '2026-03-01 04:00:00+00', 'Bind', 'old 𠮷 owner', '旧-12', 'Unbound', 'Available', 'alibaba-2026-01-06', NULL, NULL, NULL, NULL, 'i-bound', 'ECS', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('057927606157', 1, '2026-03-01 04:00:00+00', 'Issue', 'old 𠮷 owner', '旧-13', 'None', 'Available', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, 'i-closed', 'ECS', 'Free', NULL, '以前 😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('097174420315', 1, '2026-03-01 04:00:00+00', 'Issue', 'old 𠮷 owner', '旧-13', 'None', 'Available', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, 'i-closed', 'ECS', 'Free', NULL, '以前 😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('057927606157', 2, '2026-03-01 04:00:00+00', 'Submit', 'old 𠮷 owner', '旧-14', 'Available', 'Filing', 'alibaba-2026-01-06', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'First', '闭.Example.cn', NULL, '主体-1', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('057927606157', 3, '2026-03-01 04:00:00+00', 'CloseRefund', 'ops', '旧-15', 'Filing', 'Invalid', 'alibaba-2026-01-06', NULL, '退订', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('097174420315', 2, '2026-03-01 04:00:00+00', 'CloseRefund', 'ops', '旧-15', 'Available', 'Refunded', 'alibaba-2026-01-06', NULL, '退订', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.icp_events VALUES ('012345678901', 1, '2026-03-01 04:00:00+00', 'Import', 'ops', '旧-16', 'None', 'Filed', 'alibaba-2026-01-06', NULL, NULL, 'old 𠮷 owner', NULL, 'i-imported', 'ECS', 'Paid', NULL, NULL, '2025-05-06 07:08:09.123456+00', NULL, 'First', 'Imported.Example.cn', NULL, '主体-1', NULL, '沪ICP备87654321号', 88.80, 'CNY', NULL, NULL);
INSERT INTO public.icp_ledgers VALUES ('i-旧', 2, 5, 5, NULL, NULL, NULL);
INSERT INTO public.icp_ledgers VALUES ('i-bound', 1, 0, 1, NULL, NULL, NULL);
INSERT INTO public.icp_ledgers VALUES ('i-closed', 2, 2, 2, 'CloseRefund', '2026-03-01 04:00:00+00', '退订');
INSERT INTO public.icp_ledgers VALUES ('i-imported', 1, 0, 1, NULL, NULL, NULL);
INSERT INTO public.icp_partners VALUES ('old "grantee" \ 备案', 'granters', 2026, 1, '["old 𠮷 owner"]');
INSERT INTO public.icp_partners VALUES ('old 𠮷 owner', 'grantees', 2026, 2, '["old \"grantee\" \\ 备案", "second"]');
INSERT INTO public.icp_partners VALUES ('second', 'granters', 2026, 1, '["old 𠮷 owner"]');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-1', 1, '2026-03-01 04:00:00+00', '02dac83b4f91348670d3f8e7b0a9c0163371eb7fd17eb0ad305f9fbb2a357150', '{"at": "2026-03-01T04:00:00Z", "codes": ["038557158671", "074863406686", "042284290322"], "quota": {"used": 3, "limit": 5, "requested": 3}, "state": "Available", "action": "Issue", "request_id": "旧-1"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-2', 1, '2026-03-01 04:00:00+00', '435ad347ca74fb402797a9a89744e26297a33b55a72e34fb11fbbfc1fa032ace', '{"at": "2026-03-01T04:00:00Z", "codes": ["052862754223", "001259045464"], "quota": {"used": 5, "limit": 5, "requested": 2}, "state": "Available", "action": "Issue", "request_id": "旧-2"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-3', 1, '2026-03-01 04:00:00+00', 'bf68abfb0a80248374a214957b40114d9cdea429769aa58047fbd62142b6e084', '{"at": "2026-03-01T04:00:00Z", "codes": ["038557158671"], "state": "Filing", "action": "Submit", "request_id": "旧-3"}');
INSERT INTO public.icp_receipts VALUES ('ops', '旧-4', 1, '2026-03-01 04:00:00+00', 'c9d68aecb07145aa96bc90b14f005ce22a69e3aadbdaac16d1b4b614dbe63d35', '{"at": "2026-03-01T04:00:00Z", "codes": ["038557158671"], "state": "Filed", "action": "Approve", "request_id": "旧-4"}');
INSERT INTO public.icp_receipts VALUES ('old "grantee" \ 备案', '旧-5', 1, '2026-03-01 04:00:00+00', '0a58d714f60b85d6767d39de0835a0002e53f7394fcf239b9c6463f1315933f8', '{"at": "2026-03-01T04:00:00Z", "codes": ["052862754223"], "state": "Filing", "action": "Submit", "request_id": "旧-5"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-6', 1, '2026-03-01 04:00:00+00', 'd0d013dd102cb33d12268207e8f240a7e0cdb311be6a25988af2cb10e9c26454', '{"at": "2026-03-01T04:00:00Z", "codes": ["074863406686"], "state": "Filing", "action": "Submit", "request_id": "旧-6"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-7', 1, '2026-03-01 04:00:00+00', 'fa5b48b8e91e6afe132c234be9d99629e89712a52604586fa9af3fd2cacc8479', '{"at": "2026-03-01T04:00:00Z", "codes": ["074863406686"], "state": "Available", "action": "Release", "request_id": "旧-7"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-8', 1, '2026-03-01 04:00:00+00', 'f2b8574c4989eaced6178dd1889d91ac7f759f921c48705b55cd7696d5d1e9cf', '{"at": "2026-03-01T04:00:00Z", "codes": ["016523006008", "002684469279", "089056578334", "000461334436"], "money": {"amount": "400", "currency": "CNY"}, "state": "Unbound", "action": "Buy", "request_id": "旧-8"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-9', 1, '2026-03-01 04:00:00+00', '085d8629e550277b441dd9795b0a6d9d8f4d1062abf839482b3d13f5f72a6545', '{"at": "2026-03-01T04:00:00Z", "codes": ["016523006008"], "money": {"amount": "100", "currency": "CNY"}, "state": "Refunded", "action": "Refund", "request_id": "旧-9"}');
INSERT INTO public.icp_receipts VALUES ('ops', '旧-10', 1, '2026-03-01 04:00:00+00', 'f1b239683b4539edd425148fb080e8a6fb476646ccbd07b6c79310bfa7451b61', '{"at": "2026-03-01T04:00:00Z", "codes": ["002684469279"], "state": "Invalid", "action": "Void", "request_id": "旧-10"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-11', 1, '2026-03-01 04:00:00+00', 'ae89ca7dcaba47236b5b7d94fb138f22b8b20ef174c0855e59394ad0c7ad65a1', '{"at": "2026-03-01T04:00:00Z", "codes": ["089056578334"], "state": "Unbound", "action": "Grant", "request_id": "旧-11"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-12', 1, '2026-03-01 04:00:00+00', '270d5759a57cb756ad11d130065f57cbfef0dd4e58d1ec350fcf98eea01ae4f2', '{"at": "2026-03-01T04:00:00Z", "codes": ["000461334436"], "state": "Available", "action": "Bind", "request_id": "旧-12"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-13', 1, '2026-03-01 04:00:00+00', '6ecbe3f7683f01ca15fbb1b9cd266cc42a0e5d036ba378ff5cbdd4d3c98e7b2a', '{"at": "2026-03-01T04:00:00Z", "codes": ["057927606157", "097174420315"], "quota": {"used": 2, "limit": 5, "requested": 2}, "state": "Available", "action": "Issue", "request_id": "旧-13"}');
INSERT INTO public.icp_receipts VALUES ('old 𠮷 owner', '旧-14', 1, '2026-03-01 04:00:00+00', '9b79c4c185eba1a77ec88a0f3db73824407f486db9fdc69d8691315e3368b796', '{"at": "2026-03-01T04:00:00Z", "codes": ["057927606157"], "state": "Filing", "action": "Submit", "request_id": "旧-14"}');
INSERT INTO public.icp_receipts VALUES ('ops', '旧-15', 1, '2026-03-01 04:00:00+00', '82bfe254f1cf2a28a6e4591552a65cd4131d7476e980ce47c14939111dc7d5b2', '{"at": "2026-03-01T04:00:00Z", "codes": ["057927606157", "097174420315"], "state": "None", "action": "CloseRefund", "request_id": "旧-15"}');
INSERT INTO public.icp_receipts VALUES ('ops', '旧-16', 1, '2026-03-01 04:00:00+00', '599b7bd5d49cb0b659fea874b5249f36c80f1e1669bd04882b0a98fea28573f9', '{"at": "2026-03-01T04:00:00Z", "codes": ["012345678901"], "state": "Filed", "action": "Import", "request_id": "旧-16"}');
INSERT INTO public.icp_schema VALUES (1);
ALTER TABLE ONLY public.icp_account_ledgers
    ADD CONSTRAINT icp_account_ledgers_pkey PRIMARY KEY (account, product);
ALTER TABLE ONLY public.icp_acquaintances
    ADD CONSTRAINT icp_acquaintances_pkey PRIMARY KEY (granter, grantee);
ALTER TABLE ONLY public.icp_codes
    ADD CONSTRAINT icp_codes_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.icp_events
    ADD CONSTRAINT icp_events_pkey PRIMARY KEY (code, seq);
ALTER TABLE ONLY public.icp_ledgers
    ADD CONSTRAINT icp_ledgers_pkey PRIMARY KEY (instance);
ALTER TABLE ONLY public.icp_partners
    ADD CONSTRAINT icp_partners_pkey PRIMARY KEY (account, direction, year);
ALTER TABLE ONLY public.icp_receipts
    ADD CONSTRAINT icp_receipts_pkey PRIMARY KEY (actor, request_id);
ALTER TABLE ONLY public.icp_schema
    ADD CONSTRAINT icp_schema_pkey PRIMARY KEY (version);
CREATE INDEX icp_codes_ended ON public.icp_codes USING btree (ended) WHERE (ended IS NOT NULL);
CREATE INDEX icp_codes_holder ON public.icp_codes USING btree (holder, code);
CREATE INDEX icp_codes_icp_number ON public.icp_codes USING btree (icp_number, code) WHERE (icp_number IS NOT NULL);
CREATE INDEX icp_codes_instance ON public.icp_codes USING btree (instance, code) WHERE (instance IS NOT NULL);
CREATE INDEX icp_codes_owner ON public.icp_codes USING btree (owner, code);
CREATE INDEX icp_receipts_at ON public.icp_receipts USING btree (at);
