import { databaseStep } from "#providers/databaseStep.ts";
import type { MigrationsInputs } from "./runner.ts";

export const provider = databaseStep<MigrationsInputs>("migrations", () => import("./runner.ts"));
