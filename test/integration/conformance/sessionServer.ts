/** `sessionServer.ts postgres <files> <state>`: as `fixtureServer.ts`, with a session for each client of the old era. */
import { serveFixtures } from "./serveFixtures.ts";

await serveFixtures(true);
