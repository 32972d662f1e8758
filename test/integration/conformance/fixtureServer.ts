/**
 * `fixtureServer.ts postgres <files> <state>`: the postgres server's runtime with the conformance suite's
 * fixtures as its tools; `sessionServer.ts` is the same with sessions. Programs of tests only.
 */
import { serveFixtures } from "./serveFixtures.ts";

await serveFixtures(false);
