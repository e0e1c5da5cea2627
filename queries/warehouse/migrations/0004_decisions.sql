-- Who decided a privacy setting and when: append-only. `source` is a YAML file's name or 'command'.
-- `content` is the row as JSON text; NULL where the row was withdrawn.
CREATE TABLE privacy.setting_decisions(setting VARCHAR, row_key VARCHAR, action VARCHAR CHECK (action IN ('set','withdraw')),
  content VARCHAR, source VARCHAR, decided_by VARCHAR, approved_by VARCHAR, decided_on DATE, version INTEGER,
  recorded_at TIMESTAMP);

-- The numbers behind a version of a segment set, frozen. `platform` NULL = all platforms. `basis_buyers`
-- says how many buyers they were measured on; `is_default` that the history was too short to measure.
CREATE TABLE segment_thresholds(segment_set VARCHAR, version INTEGER, platform VARCHAR, name VARCHAR,
  value DECIMAL(38,12), measured_on DATE, basis_buyers BIGINT, is_default BOOLEAN);
