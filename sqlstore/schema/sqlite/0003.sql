-- Version 3: the codes that were granted to an account, for pages, newest first.

create index icp_codes_grantee on icp_codes (grantee, issued, code) where grantee is not null;
