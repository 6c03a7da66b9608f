-- The documents of package icpcode, version 1. Instants are to the
-- microsecond. A column is NULL where the field has no value.

create table icp_ledgers (
    instance  text collate "C" not null primary key,
    version   bigint not null,
    issued    integer not null, -- codes ever issued under the quota
    attached  integer not null, -- codes ever tied to the instance
    closed    text,             -- how the instance was closed
    closed_at timestamptz,
    reason    text
);

create table icp_account_ledgers (
    account   text collate "C" not null,
    product   text collate "C" not null,
    version   bigint not null,
    issued    integer not null,
    attached  integer not null,
    closed    text,
    closed_at timestamptz,
    reason    text,
    primary key (account, product)
);

create table icp_partners (
    account   text collate "C" not null,
    direction text collate "C" not null, -- 'grantees': accounts it granted to; 'granters': accounts that granted to it
    year      integer not null,          -- natural year, UTC+8
    version   bigint not null,
    accounts  jsonb,
    primary key (account, direction, year)
);

create table icp_acquaintances (
    granter text collate "C" not null,
    grantee text collate "C" not null,
    primary key (granter, grantee)
);

create table icp_codes (
    code              text collate "C" not null primary key,
    version           bigint not null, -- the sequence of its last event
    state             text not null,
    last_action       text not null,
    origin            text not null,
    owner             text collate "C",
    grantee           text collate "C",
    holder            text collate "C", -- the grantee, or else the owner
    instance          text collate "C",
    product           text,
    rule_set          text,
    assumed           text,
    contract_quota    integer,
    issued            timestamptz,
    granted           timestamptz,
    updated           timestamptz,
    ended             timestamptz, -- since when Filed, Refunded or Invalid, until its events are purged
    filing_kind       text,
    filing_domain     text,
    filing_app        text,
    filing_subject    text,
    filing_ips        jsonb,
    icp_number        text collate "C",
    paid              numeric(20, 2),
    paid_currency     text,
    refunded          numeric(20, 2),
    refunded_currency text,
    remark            text,
    reason            text
);

create index icp_codes_owner on icp_codes (owner, code);
create index icp_codes_holder on icp_codes (holder, code);
create index icp_codes_instance on icp_codes (instance, code) where instance is not null;
create index icp_codes_icp_number on icp_codes (icp_number, code) where icp_number is not null;
create index icp_codes_ended on icp_codes (ended) where ended is not null;

create table icp_events (
    code            text collate "C" not null,
    seq             bigint not null,
    at              timestamptz not null,
    action          text not null,
    actor           text collate "C",
    request_id      text collate "C",
    from_state      text not null,
    to_state        text not null,
    rule_set        text,
    assumed         text,
    reason          text,
    owner           text collate "C",
    grantee         text collate "C",
    instance        text collate "C",
    product         text,
    origin          text,
    contract_quota  integer,
    remark          text,
    issued          timestamptz,
    granted         timestamptz,
    filing_kind     text,
    filing_domain   text,
    filing_app      text,
    filing_subject  text,
    filing_ips      jsonb,
    icp_number      text,
    paid            numeric(20, 2),
    paid_currency   text,
    refund          numeric(20, 2),
    refund_currency text,
    primary key (code, seq)
);

create table icp_receipts (
    actor       text collate "C" not null,
    request_id  text collate "C" not null,
    version     bigint not null,
    at          timestamptz, -- when the request was done
    fingerprint text not null,
    result      jsonb not null,
    primary key (actor, request_id)
);

create index icp_receipts_at on icp_receipts (at);

-- Undoes a statement whose updates found other versions than expected.
create function icp_conflict() returns boolean
language plpgsql as $$
begin
    raise exception 'icpcode: a document has another version' using errcode = 'IC001';
end
$$;
