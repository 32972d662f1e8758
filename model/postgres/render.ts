import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import { quoteSetting } from "./quote.ts";

const templates = new URL("../../templates/postgres/", import.meta.url);

/** Own instance: helpers and escaping of other targets (JSON, SQL) must not meet this one's. */
const handlebars = Handlebars.create();
handlebars.registerHelper("setting", (value: string) => quoteSetting(value));

/** Renders a template of `templates/postgres`; an unknown name in it is an error. */
export function renderPostgresFile(file: "postgresql.conf" | "pg_hba.conf", values: object): string {
  const source = readFileSync(new URL(`${file}.hbs`, templates), "utf8");
  return handlebars.compile(source, { noEscape: true, strict: true })(values);
}
