-- Codes by which a machine becomes a gateway, once; a node has one at a time.
create table device_claim (
  node    text    not null primary key,
  shop    text    not null,
  hash    blob    not null unique, -- HMAC-SHA256 of the code, keyed with HQ's own secret
  expires integer not null,
  used    integer not null default 0,
  key_id  blob                     -- of who used it
) strict;

-- Certificates of gateways.
create table device_certificate (
  serial  text    not null primary key, -- hexadecimal
  node    text    not null,
  tls_key blob    not null, -- SHA-256 of its public key
  der     blob    not null,
  made    integer not null,
  expires integer not null,
  revoked integer not null default 0 -- when it was taken back
) strict;
create index device_certificate_node on device_certificate (node);
create index device_certificate_revoked on device_certificate (revoked) where revoked > 0;

-- When the key was taken back: what comes signed with it since is set aside.
alter table node_key add column revoked integer not null default 0;
