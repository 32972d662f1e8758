export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
}

/** What a `connectionString` of the files says; the schema has made sure that it is one. */
export function databaseAddress(connectionString: string): DatabaseAddress {
  const url = new URL(connectionString);
  return {
    host: url.hostname,
    port: url.port === "" ? 5432 : Number(url.port),
    name: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
  };
}
