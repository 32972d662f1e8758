import { databaseStep } from "#providers/databaseStep.ts";
import type { BaselineInputs } from "./runner.ts";

export const provider = databaseStep<BaselineInputs>("baseline", () => import("./runner.ts"));
