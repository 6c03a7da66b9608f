-- The documents of package icpcode, version 1. Instants are to the
-- microsecond. A column is NULL where the field has no value.

create table icp_ledgers (
    instance  text not null primary key,
    version   integer not null,
    issued    integer not null, -- codes ever issued under the quota
    attached  integer not null, -- codes ever tied to the instance
    closed    text, -- how the instance was closed
    closed_at text,
    reason    text
) strict, without rowid;

create table icp_account_ledgers (
    account   text not null,
    product   text not null,
    version   integer not null,
    issued    integer not null,
    attached  integer not null,
    closed    text,
    closed_at text,
    reason    text,
    primary key (account, product)
) strict, without rowid;

create table icp_partners (
    account   text not null,
    direction text not null, -- 'grantees': accounts it granted to; 'granters': accounts that granted to it
    year      integer not null, -- natural year, UTC+8
    version   integer not null,
    accounts  text,
    primary key (account, direction, year)
) strict, without rowid;

create table icp_acquaintances (
    granter text not null,
    grantee text not null,
    primary key (granter, grantee)
) strict, without rowid;

create table icp_codes (
    code              text not null primary key,
    version           integer not null, -- the sequence of its last event
    state             text not null,
    last_action       text not null,
    origin            text not null,
    owner             text,
    grantee           text,
    holder            text, -- the grantee, or else the owner
    instance          text,
    product           text,
    rule_set          text,
    assumed           text,
    contract_quota    integer,
    issued            text,
    granted           text,
    updated           text,
    ended             text, -- since when Filed, Refunded or Invalid, until its events are purged
    filing_kind       text,
    filing_domain     text,
    filing_app        text,
    filing_subject    text,
    filing_ips        text,
    icp_number        text,
    paid              text,
    paid_currency     text,
    refunded          text,
    refunded_currency text,
    remark            text,
    reason            text
) strict, without rowid;

create index icp_codes_owner on icp_codes (owner, code);
create index icp_codes_holder on icp_codes (holder, code);
create index icp_codes_instance on icp_codes (instance, code) where instance is not null;
create index icp_codes_icp_number on icp_codes (icp_number, code) where icp_number is not null;
create index icp_codes_ended on icp_codes (ended) where ended is not null;

create table icp_events (
    code            text not null,
    seq             integer not null,
    at              text not null,
    action          text not null,
    actor           text,
    request_id      text,
    from_state      text not null,
    to_state        text not null,
    rule_set        text,
    assumed         text,
    reason          text,
    owner           text,
    grantee         text,
    instance        text,
    product         text,
    origin          text,
    contract_quota  integer,
    remark          text,
    issued          text,
    granted         text,
    filing_kind     text,
    filing_domain   text,
    filing_app      text,
    filing_subject  text,
    filing_ips      text,
    icp_number      text,
    paid            text,
    paid_currency   text,
    refund          text,
    refund_currency text,
    primary key (code, seq)
) strict, without rowid;

create table icp_receipts (
    actor       text not null,
    request_id  text not null,
    version     integer not null,
    at          text, -- when the request was done
    fingerprint text not null,
    result      text not null,
    primary key (actor, request_id)
) strict, without rowid;

create index icp_receipts_at on icp_receipts (at);
