-- Privacy settings and registers. These tables are small and hand-kept, so they carry keys and checks.
CREATE SCHEMA privacy;
CREATE TABLE privacy.field_catalogue(platform VARCHAR, source VARCHAR, source_field VARCHAR,
  target_table VARCHAR, target_column VARCHAR, category VARCHAR,
  sensitivity VARCHAR CHECK (sensitivity IN ('none','business','personal','sensitive')),
  identifiability VARCHAR CHECK (identifiability IN ('none','quasi','pseudonym','direct')),
  treatment VARCHAR CHECK (treatment IN ('drop','generalise','pseudonymise','mask','encrypt','keep')),
  purpose VARCHAR, lawful_basis VARCHAR, decided_by VARCHAR, decided_on DATE, version INTEGER,
  PRIMARY KEY (platform, source, source_field),
  CHECK (NOT (identifiability = 'direct' AND treatment IN ('keep','mask') AND sensitivity <> 'business')),
  CHECK (NOT (sensitivity = 'sensitive' AND treatment NOT IN ('drop'))));
CREATE TABLE privacy.platform_rules(platform VARCHAR, rule VARCHAR, value VARCHAR, reference VARCHAR,
  checked_on DATE, enforced_by VARCHAR, PRIMARY KEY (platform, rule));
CREATE TABLE privacy.retention_rules(rule_id VARCHAR PRIMARY KEY, platform VARCHAR, data_class VARCHAR,
  purpose VARCHAR, anchor VARCHAR, max_days INTEGER,
  action VARCHAR CHECK (action IN ('delete_row','null_key','aggregate','archive')),
  reference VARCHAR, enforced_by VARCHAR, last_run_at TIMESTAMP, last_run_rows BIGINT, overdue_rows BIGINT);
CREATE TABLE privacy.consents(platform VARCHAR, subject_key VARCHAR, purpose VARCHAR, channel VARCHAR,
  state VARCHAR CHECK (state IN ('granted','denied','withdrawn','unknown')),
  source VARCHAR, evidence_ref VARCHAR, effective_at TIMESTAMP, recorded_at TIMESTAMP);
CREATE TABLE privacy.suppressions(platform VARCHAR, subject_key VARCHAR, scope VARCHAR,
  reason VARCHAR, since TIMESTAMP, PRIMARY KEY (platform, subject_key, scope));
CREATE TABLE privacy.roles(role VARCHAR PRIMARY KEY, may_ask_person_lane BOOLEAN, min_group INTEGER,
  may_read_registers BOOLEAN, may_export BOOLEAN, may_admin BOOLEAN, description VARCHAR);
CREATE TABLE privacy.role_members(role VARCHAR, principal VARCHAR, granted_by VARCHAR,
  granted_at TIMESTAMP, expires_at TIMESTAMP, last_reviewed_on DATE);
CREATE TABLE privacy.role_shops(role VARCHAR, platform VARCHAR, shop_id VARCHAR);
CREATE TABLE privacy.channel_rules(channel_id VARCHAR PRIMARY KEY, is_external BOOLEAN,
  lane VARCHAR CHECK (lane IN ('none','business','person')), note VARCHAR);
CREATE TABLE privacy.disclosure_rules(scope VARCHAR PRIMARY KEY, min_group INTEGER CHECK (min_group >= 5),
  complement_check BOOLEAN, small_cells VARCHAR CHECK (small_cells IN ('fold_into_other','suppress')),
  dominance_max DOUBLE, min_time_grain VARCHAR, filter_columns VARCHAR[], overlap_window_hours INTEGER);
CREATE TABLE privacy.processors(processor_id VARCHAR PRIMARY KEY, name VARCHAR, service VARCHAR,
  data_classes VARCHAR[], location VARCHAR, cross_border_mechanism VARCHAR, agreement_ref VARCHAR,
  reviewed_on DATE, next_review_on DATE);
CREATE TABLE privacy.sharing_agreements(agreement_id VARCHAR PRIMARY KEY, counterparty VARCHAR,
  counterparty_role VARCHAR, purpose VARCHAR, direction VARCHAR, data_scope VARCHAR, aggregation_floor INTEGER,
  lawful_basis VARCHAR, separate_consent BOOLEAN, onward_transfer BOOLEAN, starts_on DATE, ends_on DATE,
  deletion_on_end BOOLEAN, obligations VARCHAR, contract_ref VARCHAR, status VARCHAR);
CREATE TABLE privacy.subject_requests(request_id VARCHAR PRIMARY KEY, received_at TIMESTAMP, kind VARCHAR,
  regime VARCHAR, platform VARCHAR, subject_key VARCHAR, verified_at TIMESTAMP, due_at TIMESTAMP,
  status VARCHAR, completed_at TIMESTAMP, rows_affected BIGINT, physical_erasure_at TIMESTAMP, evidence_ref VARCHAR);
CREATE TABLE privacy.incidents(incident_id VARCHAR PRIMARY KEY, detected_at TIMESTAMP, kind VARCHAR,
  severity VARCHAR, platforms VARCHAR[], data_classes VARCHAR[], persons_estimate BIGINT, contained_at TIMESTAMP,
  individuals_notified_at TIMESTAMP, no_notice_reason VARCHAR, closed_at TIMESTAMP, review_ref VARCHAR);
CREATE TABLE privacy.incident_clocks(incident_id VARCHAR, regime VARCHAR, duty VARCHAR, due_at TIMESTAMP,
  done_at TIMESTAMP, PRIMARY KEY (incident_id, regime, duty));
CREATE TABLE privacy.backups(backup_id VARCHAR PRIMARY KEY, started_at TIMESTAMP, finished_at TIMESTAMP,
  kind VARCHAR, encrypted BOOLEAN, key_version VARCHAR, bytes BIGINT, checksum VARCHAR,
  restore_tested_at TIMESTAMP, restore_ok BOOLEAN, expires_on DATE);
CREATE TABLE privacy.impact_assessments(pia_id VARCHAR PRIMARY KEY, title VARCHAR, trigger VARCHAR, scope VARCHAR,
  necessity VARCHAR, risk_level VARCHAR, measures VARCHAR, decision VARCHAR, approved_by VARCHAR,
  approved_on DATE, review_on DATE, keep_until DATE);
CREATE TABLE privacy.trainings(person_ref VARCHAR, course VARCHAR, completed_on DATE, valid_until DATE);
CREATE TABLE privacy.external_assessments(assessment_id VARCHAR PRIMARY KEY, assessor VARCHAR, scope VARCHAR,
  standard VARCHAR, performed_on DATE, result VARCHAR, open_findings INTEGER, next_due DATE, report_ref VARCHAR);
CREATE TABLE privacy.notices(notice_id VARCHAR PRIMARY KEY, language VARCHAR, version VARCHAR,
  published_on DATE, location VARCHAR, covers VARCHAR[]);
CREATE TABLE privacy.keys(key_id VARCHAR PRIMARY KEY, purpose VARCHAR, platform VARCHAR, created_on DATE,
  retired_on DATE, custodian_role VARCHAR);        -- metadata only, never key material
CREATE TABLE privacy.access_log(logged_at TIMESTAMP, principal VARCHAR, channel_id VARCHAR, lane VARCHAR,
  question_hash VARCHAR, query_fingerprint VARCHAR, tables VARCHAR[], rows_returned BIGINT,
  cells_suppressed BIGINT, decision VARCHAR, rule VARCHAR);
