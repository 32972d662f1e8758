import type { Pool } from "pg";

/** What runs one statement: a pool or a connection. */
export type Queryable = Pick<Pool, "query">;
