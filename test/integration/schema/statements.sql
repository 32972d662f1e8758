--- users: an account | 1
INSERT INTO users (username, email, password_hash) VALUES ('alice', 'alice@example.com', '$2b$10$abcdefghijklmnopqrstuv');
--- users: with every column and an explicit id | 1
INSERT INTO users (id, username, email, password_hash, role, is_active, created_at, updated_at, last_login) VALUES (1000, 'bob', 'Bob@Example.com', 'x', 'admin', true, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, NULL);
--- users: by position, in the specification's order | 1
INSERT INTO users VALUES (1001, 'carol', 'carol@example.com', 'x', 'readonly', true, now(), now(), now());
--- users: several at once, with their ids | 2
INSERT INTO users (username, email, password_hash, role) VALUES ('svc', 'svc@example.com', 'x', 'service'), ('dave', 'dave@example.com', 'x', 'user') RETURNING id;
--- users: upsert by e-mail | 1
INSERT INTO users (username, email, password_hash) VALUES ('alice2', 'alice@example.com', 'y') ON CONFLICT (email) DO UPDATE SET password_hash = EXCLUDED.password_hash;
--- users: upsert by name | 1
INSERT INTO users (username, email, password_hash) VALUES ('alice', 'new@example.com', 'z') ON CONFLICT (username) DO UPDATE SET email = EXCLUDED.email;
--- users: keep what is there | 0
INSERT INTO users (username, email, password_hash) VALUES ('alice', 'other@example.com', 'z') ON CONFLICT DO NOTHING;
--- users: found by the address as written | 1
SELECT * FROM users WHERE email = 'Bob@Example.com';
--- users: found by part of the address | 4
SELECT username FROM users WHERE email LIKE '%@example.com';
--- users: a login | 1
UPDATE users SET last_login = CURRENT_TIMESTAMP WHERE username = 'alice';
--- users: by role and age | 1
SELECT id, username FROM users WHERE role = 'admin' AND created_at > CURRENT_TIMESTAMP - INTERVAL '1 day' ORDER BY created_at DESC;
--- users: deactivated | 1
UPDATE users SET is_active = false WHERE id = 1001;
--- compliance: a check | 1
INSERT INTO compliance_logs (check_id, rule_id, rule_name, server_name, status) VALUES ('c-1', 'r-1', 'TLS is on', 'postgres', 'failed');
--- compliance: with every column and an explicit id | 1
INSERT INTO compliance_logs (id, check_id, rule_id, rule_name, server_name, status, message, remediation_command, remediation_description, auto_fix, require_approval, approved_by, approved_at, created_at, user_id) VALUES (500, 'c-2', 'r-2', 'Passwords are hashed', 'postgres', 'passed', 'ok', 'none', 'nothing to do', true, false, 'bob', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1000);
--- compliance: from an earlier day | 1
INSERT INTO compliance_logs (check_id, rule_id, rule_name, server_name, status, created_at) VALUES ('c-0', 'r-1', 'TLS is on', 'postgres', 'passed', CURRENT_TIMESTAMP - INTERVAL '40 days');
--- compliance: the other states | 2
INSERT INTO compliance_logs (check_id, rule_id, rule_name, server_name, status, user_id) VALUES ('c-3', 'r-3', 'Backups', 'memory', 'warning', 1000), ('c-4', 'r-4', 'Logs', 'memory', 'error', NULL);
--- compliance: approved by somebody who has no account | 1
UPDATE compliance_logs SET approved_by = 'auditor', approved_at = CURRENT_TIMESTAMP WHERE check_id = 'c-1';
--- compliance: approved without a time | 1
UPDATE compliance_logs SET approved_by = 'alice' WHERE check_id = 'c-3';
--- compliance: what failed | 1
SELECT check_id, rule_name, message FROM compliance_logs WHERE status = 'failed' AND created_at > CURRENT_TIMESTAMP - INTERVAL '7 days' ORDER BY created_at DESC LIMIT 10;
--- compliance: of a server, by rule | 3
SELECT * FROM compliance_logs WHERE server_name = 'postgres' AND rule_id IN ('r-1', 'r-2');
--- compliance: with the account | 2
SELECT c.rule_name, u.username FROM compliance_logs c JOIN users u ON u.id = c.user_id;
--- compliance: deleted by id | 1
DELETE FROM compliance_logs WHERE check_id = 'c-4';
--- compliance: the summary | 2
SELECT server_name, total_checks, passed_checks, failed_checks, warning_checks, error_checks, compliance_score, last_check FROM compliance_summary ORDER BY compliance_score DESC;
--- compliance: the summary of one server | 1
SELECT * FROM compliance_summary WHERE server_name = 'postgres' AND compliance_score < 100;
--- memory: an item | 1
INSERT INTO memory_items (memory_id, content, tags, metadata) VALUES ('m-1', 'The deploy key is rotated monthly', ARRAY['ops', 'keys'], '{"source": "chat", "score": 3}');
--- memory: with an embedding of 1536 dimensions | 1
INSERT INTO memory_items (memory_id, content, embedding) VALUES ('m-2', 'vector', (SELECT array_agg(0.1)::vector FROM generate_series(1, 1536)));
--- memory: with every column and an explicit id | 1
INSERT INTO memory_items (id, memory_id, content, tags, metadata, created_at, expires_at, access_count, last_accessed, embedding, similarity_score) VALUES (77, 'm-3', 'all', '{a,b}', '{}'::jsonb, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP + INTERVAL '30 days', 5, CURRENT_TIMESTAMP, NULL, 0.75);
--- memory: upsert | 1
INSERT INTO memory_items (memory_id, content) VALUES ('m-1', 'The deploy key is rotated weekly') ON CONFLICT (memory_id) DO UPDATE SET content = EXCLUDED.content, access_count = memory_items.access_count + 1;
--- memory: counted and stamped | 1
UPDATE memory_items SET access_count = access_count + 1, last_accessed = CURRENT_TIMESTAMP WHERE memory_id = 'm-1' RETURNING access_count;
--- memory: by all of some tags | 1
SELECT memory_id FROM memory_items WHERE tags @> ARRAY['ops'];
--- memory: by any of some tags | 2
SELECT memory_id FROM memory_items WHERE tags && ARRAY['ops', 'a'];
--- memory: by one tag | 1
SELECT memory_id FROM memory_items WHERE 'keys' = ANY(tags);
--- memory: by metadata | 1
SELECT memory_id FROM memory_items WHERE metadata @> '{"source": "chat"}' AND (metadata->>'score')::int > 2;
--- memory: nearest by cosine distance | 1
SELECT memory_id, 1 - (embedding <=> (SELECT array_agg(0.2)::vector FROM generate_series(1, 1536))) AS similarity_score FROM memory_items WHERE embedding IS NOT NULL ORDER BY embedding <=> (SELECT array_agg(0.2)::vector FROM generate_series(1, 1536)) LIMIT 5;
--- memory: a similarity written to the row | 1
UPDATE memory_items SET similarity_score = 0.9 WHERE memory_id = 'm-2';
--- memory: most used | 3
SELECT memory_id, access_count, similarity_score FROM memory_items ORDER BY access_count DESC, created_at;
--- memory: an item that is over | 1
INSERT INTO memory_items (memory_id, content, expires_at) VALUES ('m-4', 'old', CURRENT_TIMESTAMP - INTERVAL '1 hour');
--- memory: not over yet | 3
SELECT memory_id FROM memory_items WHERE expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP;
--- memory: another tag | 1
UPDATE memory_items SET tags = array_append(tags, 'c'), metadata = jsonb_set(metadata, '{k}', '1') WHERE id = 77;
--- memory: statistics | 1
SELECT total_items, active_items, expired_items, avg_content_size, max_access_count, total_accesses FROM memory_statistics;
--- memory: forgotten | 1
DELETE FROM memory_items WHERE memory_id = 'm-3';
--- files: a file | 1
INSERT INTO configuration_files (file_path, file_name, file_type, content, checksum, created_by) VALUES ('/etc/kilocode/mcp/mcp.json', 'mcp.json', 'json', '{}', '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 1000);
--- files: with every column and an explicit id | 1
INSERT INTO configuration_files (id, file_path, file_name, file_type, content, checksum, version, is_active, created_at, updated_at, created_by) VALUES (300, '/etc/kilocode/mcp/.env', '.env', 'env', 'A=1', 'abc', 4, true, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, NULL);
--- files: upsert that counts the version itself | 1
INSERT INTO configuration_files (file_path, file_name, file_type, content, checksum) VALUES ('/etc/kilocode/mcp/mcp.json', 'mcp.json', 'json', '{"a":1}', 'def') ON CONFLICT (file_path) DO UPDATE SET content = EXCLUDED.content, checksum = EXCLUDED.checksum, version = configuration_files.version + 1 RETURNING version;
--- files: updated, and active as before | 1
UPDATE configuration_files SET content = 'A=2', checksum = 'ghi' WHERE file_path = '/etc/kilocode/mcp/.env' AND is_active = true RETURNING is_active;
--- files: the active ones | 2
SELECT file_path, version FROM configuration_files WHERE is_active ORDER BY file_path;
--- files: by type and checksum | 1
SELECT * FROM configuration_files WHERE file_type = 'env' AND checksum = 'ghi';
--- files: deactivated by hand | 1
UPDATE configuration_files SET is_active = false WHERE id = 300;
--- files: active again | 1
UPDATE configuration_files SET is_active = true WHERE id = 300;
--- files: deleted | 1
DELETE FROM configuration_files WHERE file_path = '/etc/kilocode/mcp/.env';
--- files: the deleted one is inactive | 1
SELECT * FROM configuration_files WHERE file_path = '/etc/kilocode/mcp/.env' AND NOT is_active;
--- files: its path is free again | 1
INSERT INTO configuration_files (file_path, file_name, file_type, content, checksum) VALUES ('/etc/kilocode/mcp/.env', '.env', 'env', 'A=3', 'jkl');
--- audit: a row | 1
INSERT INTO audit_logs (action, resource_type, status) VALUES ('login', 'session', 'success');
--- audit: with every column and an explicit id | 1
INSERT INTO audit_logs (id, action, resource_type, resource_id, user_id, ip_address, user_agent, request_data, response_data, status, error_message, created_at) VALUES (900, 'update', 'configuration_file', '300', 1000, '192.168.1.10', 'curl/8', '{"path": "/x"}', '{"ok": true}', 'failed', 'denied', CURRENT_TIMESTAMP);
--- audit: from an earlier day, with a network | 1
INSERT INTO audit_logs (action, resource_type, user_id, ip_address, status, created_at) VALUES ('read', 'file', 1000, '10.0.0.0/8'::inet, 'success', CURRENT_TIMESTAMP - INTERVAL '10 days') RETURNING id;
--- audit: of an account | 2
SELECT action, resource_type, status FROM audit_logs WHERE user_id = 1000 ORDER BY created_at DESC;
--- audit: of a network | 1
SELECT * FROM audit_logs WHERE ip_address << inet '192.168.1.0/24';
--- audit: by contents of the request | 1
SELECT id FROM audit_logs WHERE request_data->>'path' = '/x';
--- audit: what failed | 1
SELECT * FROM audit_logs WHERE status = 'failed' AND created_at >= CURRENT_TIMESTAMP - INTERVAL '24 hours';
--- audit: per action | 3
SELECT action, COUNT(*) FROM audit_logs GROUP BY action;
--- audit: activity of the accounts | 5
SELECT id, username, email, role, total_actions, successful_actions, failed_actions, last_activity FROM user_activity ORDER BY total_actions DESC;
--- metrics: a sample | 1
INSERT INTO system_metrics (metric_name, metric_value, metric_unit, server_name) VALUES ('cpu_usage', 42.5, 'percent', 'postgres');
--- metrics: with every column and an explicit id | 1
INSERT INTO system_metrics (id, metric_name, metric_value, metric_unit, server_name, timestamp, tags) VALUES (10000, 'cpu_usage', 43, '%', 'memory', CURRENT_TIMESTAMP - INTERVAL '2 hours', '{"core": "0"}');
--- metrics: averages by hour | 2
SELECT date_trunc('hour', timestamp) AS hour, AVG(metric_value) FROM system_metrics WHERE metric_name = 'cpu_usage' AND timestamp > NOW() - INTERVAL '1 day' GROUP BY 1 ORDER BY 1;
--- metrics: by tag | 1
SELECT * FROM system_metrics WHERE tags @> '{"core": "0"}'::jsonb;
--- metrics: the latest of each server | 2
SELECT DISTINCT ON (server_name) server_name, metric_value, timestamp FROM system_metrics ORDER BY server_name, timestamp DESC;
--- keys: a key | 1
INSERT INTO api_keys (key_id, key_prefix, key_hash, name, permissions, created_by) VALUES ('key_1', 'kcp_abcd', 'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78', 'first', ARRAY['read', 'write'], 1000);
--- keys: with every column and an explicit id | 1
INSERT INTO api_keys (id, key_id, key_prefix, key_hash, name, description, permissions, is_active, expires_at, last_used, usage_count, created_at, created_by) VALUES (60, 'key_2', 'kcp_efgh', 'hash2', 'second', 'a key', '{read}', true, CURRENT_TIMESTAMP + INTERVAL '90 days', NULL, 0, CURRENT_TIMESTAMP, NULL);
--- keys: upsert | 1
INSERT INTO api_keys (key_id, key_prefix, key_hash, name) VALUES ('key_2', 'kcp_ijkl', 'hash3', 'second') ON CONFLICT (key_id) DO UPDATE SET key_hash = EXCLUDED.key_hash, key_prefix = EXCLUDED.key_prefix;
--- keys: used | 1
UPDATE api_keys SET last_used = CURRENT_TIMESTAMP, usage_count = usage_count + 1 WHERE key_id = 'key_1' AND is_active = true AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP);
--- keys: by hash, with the permission | 1
SELECT k.*, u.username FROM api_keys k LEFT JOIN users u ON u.id = k.created_by WHERE k.key_hash = 'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78' AND 'read' = ANY(k.permissions);
--- keys: revoked | 1
UPDATE api_keys SET is_active = false WHERE key_id = 'key_2';
--- keys: one that is over | 1
INSERT INTO api_keys (key_id, key_prefix, key_hash, name, expires_at) VALUES ('key_3', 'kcp_mnop', 'hash4', 'third', CURRENT_TIMESTAMP - INTERVAL '1 day');
--- servers: a state | 1
INSERT INTO server_status (server_name, server_type, status, health_score, cpu_usage, memory_usage, disk_usage, response_time) VALUES ('postgres', 'mcp', 'running', 100, 1.5, 40.0, 10.0, 12.5);
--- servers: the same server again | 1
INSERT INTO server_status (server_name, server_type, status, health_score) VALUES ('postgres', 'mcp', 'error', 10);
--- servers: with every column and an explicit id | 1
INSERT INTO server_status (id, server_name, server_type, status, health_score, cpu_usage, memory_usage, disk_usage, response_time, last_heartbeat, created_at) VALUES (40, 'memory', 'mcp', 'maintenance', 50, 0, 0, 0, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP);
--- servers: twice in one statement | 2
INSERT INTO server_status (server_name, server_type, status) VALUES ('filesystem', 'mcp', 'stopped'), ('filesystem', 'mcp', 'running');
--- servers: a heartbeat | 1
UPDATE server_status SET last_heartbeat = CURRENT_TIMESTAMP, status = 'running', health_score = 99 WHERE server_name = 'postgres';
--- servers: latest state | 1
SELECT status, health_score FROM server_status WHERE server_name = 'postgres' ORDER BY created_at DESC LIMIT 1;
--- servers: silent for long | 0
SELECT server_name FROM server_status WHERE last_heartbeat < CURRENT_TIMESTAMP - INTERVAL '5 minutes';
--- cleanup: by hand | *
SELECT cleanup_expired_data();
--- cleanup: the item that was over is gone | 0
SELECT * FROM memory_items WHERE expires_at <= CURRENT_TIMESTAMP;
--- cleanup: so is the active key that was over | 0
SELECT * FROM api_keys WHERE expires_at <= CURRENT_TIMESTAMP;
--- users: deleted, although rows refer to it | 1
DELETE FROM users WHERE username = 'bob';
--- users: rows of the deleted account stay | 2
SELECT * FROM audit_logs WHERE action IN ('update', 'read');
