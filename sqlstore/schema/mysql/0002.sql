-- Version 2: lists for pages, newest first; the service of a filing in the form
-- in which services are compared; places for what LIF-STAGE, LIF-REJECT, LIF-END
-- and LIF-CORRECT will record.
--
-- last_action is called action from now on, so that a process of version 1
-- writes nothing more, however long it has been running.
--
-- Every statement can be repeated: it changes all that it names or nothing, and
-- Migrate overlooks that there is no more to change.

alter table icp_codes rename column last_action to action;

alter table icp_codes
    add column service      varchar(257), -- the domain or app of the filing, in the form in which they are compared
    add column stage        varchar(32), -- how far the review of the filing is
    add column staged       datetime(6), -- since when
    add column rejection    varchar(2000), -- what is to be corrected
    add column rejected     datetime(6),
    add column filing_end   varchar(32), -- how the filing of a Filed code ended
    add column filing_ended datetime(6),
    add column end_reason   varchar(256),
    -- the code that the filing moved to
    add column successor    varchar(128);

alter table icp_events
    add column stage      varchar(32),
    add column rejection  varchar(2000),
    add column filing_end varchar(32),
    add column successor  varchar(128),
    -- the number that was wrong
    add column corrected  varchar(256);

update icp_codes set issued = '1000-01-01 00:00:00' where issued is null;

alter table icp_codes
    drop index owner,
    drop index holder,
    drop index instance,
    drop index icp_number,
    add index icp_codes_owner (owner, issued, code),
    add index icp_codes_holder (holder, issued, code),
    add index icp_codes_instance (instance, issued, code),
    add index icp_codes_icp_number (icp_number, issued, code),
    add index icp_codes_service (service, issued, code),
    add index icp_codes_issued (issued, code),
    add index icp_codes_state (state, issued, code);
