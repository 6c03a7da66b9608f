-- The documents of package icpcode, version 1. Instants are to the
-- microsecond, in UTC. A column is NULL where the field has no value.
--
-- Every statement can be repeated: this database commits each by itself. MySQL
-- knows the collation as utf8mb4_0900_bin, and Migrate says so to it: either
-- compares byte for byte, and trims no space.

create table if not exists icp_ledgers (
    instance  varchar(128) not null primary key,
    version   bigint not null,
    issued    int not null, -- codes ever issued under the quota
    attached  int not null, -- codes ever tied to the instance
    closed    varchar(256), -- how the instance was closed
    closed_at datetime(6),
    reason    varchar(256)
) engine = InnoDB default character set utf8mb4 collate utf8mb4_nopad_bin;

create table if not exists icp_account_ledgers (
    account   varchar(128) not null,
    product   varchar(128) not null,
    version   bigint not null,
    issued    int not null,
    attached  int not null,
    closed    varchar(256),
    closed_at datetime(6),
    reason    varchar(256),
    primary key (account, product)
) engine = InnoDB default character set utf8mb4 collate utf8mb4_nopad_bin;

create table if not exists icp_partners (
    account   varchar(128) not null,
    direction varchar(128) not null, -- 'grantees': accounts it granted to; 'granters': accounts that granted to it
    year      int not null, -- natural year, UTC+8
    version   bigint not null,
    accounts  json,
    primary key (account, direction, year)
) engine = InnoDB default character set utf8mb4 collate utf8mb4_nopad_bin;

create table if not exists icp_acquaintances (
    granter varchar(128) not null,
    grantee varchar(128) not null,
    primary key (granter, grantee)
) engine = InnoDB default character set utf8mb4 collate utf8mb4_nopad_bin;

create table if not exists icp_codes (
    code              varchar(128) not null primary key,
    version           bigint not null, -- the sequence of its last event
    state             varchar(32) not null,
    last_action       varchar(32) not null,
    origin            varchar(32) not null,
    owner             varchar(128),
    grantee           varchar(128),
    holder            varchar(128), -- the grantee, or else the owner
    instance          varchar(128),
    product           varchar(256),
    rule_set          varchar(256),
    assumed           varchar(1024),
    contract_quota    int,
    issued            datetime(6),
    granted           datetime(6),
    updated           datetime(6),
    ended             datetime(6), -- since when Filed, Refunded or Invalid, until its events are purged
    filing_kind       varchar(256),
    filing_domain     varchar(256),
    filing_app        varchar(256),
    filing_subject    varchar(256),
    filing_ips        json,
    icp_number        varchar(128),
    paid              decimal(20, 2),
    paid_currency     varchar(256),
    refunded          decimal(20, 2),
    refunded_currency varchar(256),
    remark            varchar(256),
    reason            varchar(256),
    index (owner, code),
    index (holder, code),
    index (instance, code),
    index (icp_number, code),
    index (ended)
) engine = InnoDB default character set utf8mb4 collate utf8mb4_nopad_bin;

create table if not exists icp_events (
    code            varchar(128) not null,
    seq             bigint not null,
    at              datetime(6) not null,
    action          varchar(32) not null,
    actor           varchar(128),
    request_id      varchar(128),
    from_state      varchar(32) not null,
    to_state        varchar(32) not null,
    rule_set        varchar(256),
    assumed         varchar(1024),
    reason          varchar(256),
    owner           varchar(128),
    grantee         varchar(128),
    instance        varchar(128),
    product         varchar(256),
    origin          varchar(256),
    contract_quota  int,
    remark          varchar(256),
    issued          datetime(6),
    granted         datetime(6),
    filing_kind     varchar(256),
    filing_domain   varchar(256),
    filing_app      varchar(256),
    filing_subject  varchar(256),
    filing_ips      json,
    icp_number      varchar(256),
    paid            decimal(20, 2),
    paid_currency   varchar(256),
    refund          decimal(20, 2),
    refund_currency varchar(256),
    primary key (code, seq)
) engine = InnoDB default character set utf8mb4 collate utf8mb4_nopad_bin;

create table if not exists icp_receipts (
    actor       varchar(128) not null,
    request_id  varchar(128) not null,
    version     bigint not null,
    at          datetime(6), -- when the request was done
    fingerprint char(64) not null,
    result      json not null,
    primary key (actor, request_id),
    index (at)
) engine = InnoDB default character set utf8mb4 collate utf8mb4_nopad_bin;

