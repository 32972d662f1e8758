import { z } from "zod";
import { originOf } from "./derived.ts";
import { fileName, fileSchemas, type FileKey } from "./schema/files.ts";
import { metaOf } from "./schema/walk.ts";

/** A JSON Schema, as far as it is looked into here. */
export interface JsonSchema {
  [keyword: string]: unknown;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
}

/** JSON Schema 2020-12 of a file, as people may write it. Of `.env`: of an object of its variables. */
export function jsonSchemaOf(file: FileKey): JsonSchema {
  const schema = z.toJSONSchema(fileSchemas[file], {
    target: "draft-2020-12",
    io: "input",
    override: ({ zodSchema, jsonSchema }) =>
      adapt(zodSchema as unknown as z.ZodType, jsonSchema as JsonSchema),
  }) as JsonSchema;
  const { $schema, ...rest } = schema;
  return { $schema, title: fileName(file), ...rest };
}

/** The same for `files.<file>` of a stack: nothing is required, and what cannot be set is not offered. */
export function stackSchemaOf(file: FileKey): JsonSchema {
  const { $schema: _, title: __, ...schema } = jsonSchemaOf(file);
  return settable(file, [], schema) ?? {};
}

/** Units and defaults in words that every reader of JSON Schema knows; validators refuse unknown keywords. */
function adapt(schema: z.ZodType, json: JsonSchema): void {
  const { unit, allowed } = metaOf(schema);
  delete json["unit"];
  delete json["allowed"];
  if (unit !== undefined && json.description !== undefined)
    json.description = `${json.description} Unit: ${unit}.`;
  if (json["pattern"] !== undefined && json.description === undefined && allowed !== undefined)
    json.description = allowed;
  const { def } = schema as unknown as { def: { type: string; defaultValue?: unknown } };
  if (def.type === "prefault") delete json["default"];
  if (def.type === "default") json["default"] = def.defaultValue;
}

function settable(file: FileKey, parts: readonly string[], schema: JsonSchema): JsonSchema | undefined {
  if (parts.length > 0 && originOf({ file, parts })?.kind === "derived") return undefined;
  if (!schema.properties) return schema;
  const children = Object.entries(schema.properties).flatMap(([name, child]) => {
    const inner = settable(file, [...parts, name], child);
    return inner ? [[name, inner] as const] : [];
  });
  const { required: _, ...rest } = schema;
  return children.length === 0 ? undefined : { ...rest, properties: Object.fromEntries(children) };
}
