import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import type { QueryConfig } from "pg";
import { schemaName } from "#model/names.ts";
import type { AuditEvent } from "./auditor.ts";

/** Larger descriptions of a request or an answer are left out. */
const mostDataBytes = 4096;
/** No row is larger than this. */
export const mostRowBytes = 16 * 1024;

/**
 * The event as `record_audit_batch` takes it, as text of JSON. Its id and time make that it is kept once, however
 * often it is sent.
 */
export function auditRow(server: string, event: AuditEvent, now: Date = new Date()): string {
  const row = {
    event_id: randomUUID(),
    occurred_at: now.toISOString(),
    server_name: server,
    action: event.action.slice(0, 100),
    resource_type: event.resourceType.slice(0, 50),
    resource_id: event.resourceId?.slice(0, 100),
    client: event.client?.slice(0, 100),
    status: event.outcome,
    ip_address: addressOf(event.address),
    user_agent: event.userAgent?.slice(0, 500),
    request_data: capped(event.request),
    response_data: capped(event.response),
    error_message: event.problem?.slice(0, 500),
    duration_ms: event.milliseconds,
  };
  const text = JSON.stringify(row);
  // PostgreSQL's text holds neither NUL nor half of a surrogate pair; JSON escapes both.
  return /\\u(0000|d[89a-f])/.test(text) ? JSON.stringify(row, storable) : text;
}

/** The statement that gives rows, a JSON array as text, to the database. */
export function auditBatch(rows: string): QueryConfig {
  return {
    name: "record_audit_batch",
    text: `SELECT ${schemaName}.record_audit_batch($1)`,
    values: [rows],
  };
}

function addressOf(address: string | undefined): string | undefined {
  // Without the zone of a link-local address, which inet does not take.
  const bare = address?.split("%", 1)[0];
  return bare !== undefined && isIP(bare) !== 0 ? bare : undefined;
}

function capped(data: AuditEvent["request"]): AuditEvent["request"] {
  if (data === undefined) return undefined;
  const bytes = Buffer.byteLength(JSON.stringify(data));
  return bytes <= mostDataBytes ? data : { omitted: `${bytes} bytes` };
}

function storable(_key: string, value: unknown): unknown {
  if (typeof value === "string") return storableText(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [storableText(name), inner]));
}

function storableText(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}
