-- Version 3: the codes that were granted to an account, for pages, newest first.
--
-- The statement can be repeated: Migrate overlooks that there is such an index.

alter table icp_codes add index icp_codes_grantee (grantee, issued, code);
