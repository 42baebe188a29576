// npm test: every check of the repository, and one last line with the counts.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";

const OUT = "out";
const VITEST_REPORT = `${OUT}/vitest.json`;
const PLAYWRIGHT_REPORT = `${OUT}/playwright.json`;

interface Counts {
    passed: number;
    failed: number;
}

/** Runs a command with its output shown; its exit status. */
function run(title: string, command: string, args: string[]): number {
    console.log(`\n== ${title}`);
    const { status, error } = spawnSync(command, args, { stdio: "inherit", env: { ...process.env, FORCE_COLOR: "0" } });
    if (error) {
        console.error(String(error));
    }
    return status ?? 1;
}

/** A check that has no tests of its own counts as one. */
function check(title: string, command: string, args: string[]): Counts {
    const ok = run(title, command, args) === 0;
    console.log(`${title}: ${ok ? "ok" : "FAILED"}`);
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

function readVitest(status: number): Counts {
    if (!existsSync(VITEST_REPORT)) {
        return { passed: 0, failed: 1 };
    }
    const report = JSON.parse(readFileSync(VITEST_REPORT, "utf8")) as {
        numPassedTests: number;
        numFailedTests: number;
    };
    // A file that could not be loaded has no failed test, but it is a failure.
    return { passed: report.numPassedTests, failed: report.numFailedTests || (status === 0 ? 0 : 1) };
}

function readPlaywright(status: number): Counts {
    if (!existsSync(PLAYWRIGHT_REPORT)) {
        return { passed: 0, failed: 1 };
    }
    const { stats } = JSON.parse(readFileSync(PLAYWRIGHT_REPORT, "utf8")) as {
        stats: { expected: number; unexpected: number; flaky: number };
    };
    return { passed: stats.expected, failed: stats.unexpected + stats.flaky || (status === 0 ? 0 : 1) };
}

mkdirSync(OUT, { recursive: true });
rmSync(VITEST_REPORT, { force: true });
rmSync(PLAYWRIGHT_REPORT, { force: true });

const results: Counts[] = [
    check("Types", "npx", ["tsc", "--noEmit"]),
    check("Lint", "npx", ["eslint", "."]),
    check("Format", "npx", ["prettier", "--check", "--log-level", "warn", "."]),
    check("Library build", "npm", ["run", "--silent", "build"]),
    check("Scenes build", "npm", ["run", "--silent", "scenes:build"]),
    readVitest(
        run("Unit and package tests", "npx", [
            "vitest",
            "run",
            "--reporter=default",
            "--reporter=json",
            `--outputFile.json=${VITEST_REPORT}`,
        ])
    ),
    check("Chromium", "npx", ["tsx", "tools/lib/ensureChromium.ts"]),
    readPlaywright(run("Browser tests", "npx", ["playwright", "test"])),
];

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
