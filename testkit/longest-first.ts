/**
 * The order of test files: what takes minutes begins first, else it would run alone at the end while the other workers have
 * nothing to do. A fresh clone has no times of its own to go by.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take the longest, as the runner's report says. */
const LONGEST = [
  "console/views",
  "fuzz",
  "restore",
  "serve",
  "project/recovery",
  "formats/onward",
  "on-commit",
  "owner",
  "native/ends",
  "agent/disaster",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) =>
      LONGEST.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    return [...sorted.filter(isLong), ...sorted.filter((one) => !isLong(one))];
  }
}
