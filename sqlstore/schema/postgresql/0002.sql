-- Version 2: lists for pages, newest first; the service of a filing in the form
-- in which services are compared; places for what LIF-STAGE, LIF-REJECT, LIF-END
-- and LIF-CORRECT will record.
--
-- last_action is called action from now on, so that a process of version 1
-- writes nothing more, however long it has been running.

alter table icp_codes rename column last_action to action;

alter table icp_codes
    add column service      text collate "C", -- the domain or app of the filing, in the form in which they are compared
    add column stage        text,             -- how far the review of the filing is
    add column staged       timestamptz,      -- since when
    add column rejection    text,             -- what is to be corrected
    add column rejected     timestamptz,
    add column filing_end   text,             -- how the filing of a Filed code ended
    add column filing_ended timestamptz,
    add column end_reason   text,
    -- the code that the filing moved to
    add column successor    text;

alter table icp_events
    add column stage      text,
    add column rejection  text,
    add column filing_end text,
    add column successor  text,
    -- the number that was wrong
    add column corrected  text;

update icp_codes set issued = '1000-01-01 00:00:00+00' where issued is null;

drop index icp_codes_owner;
drop index icp_codes_holder;
drop index icp_codes_instance;
drop index icp_codes_icp_number;

create index icp_codes_owner on icp_codes (owner, issued, code);
create index icp_codes_holder on icp_codes (holder, issued, code);
create index icp_codes_instance on icp_codes (instance, issued, code) where instance is not null;
create index icp_codes_icp_number on icp_codes (icp_number, issued, code) where icp_number is not null;
create index icp_codes_service on icp_codes (service, issued, code) where service is not null;
create index icp_codes_issued on icp_codes (issued, code);
create index icp_codes_state on icp_codes (state, issued, code);
