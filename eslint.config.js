import tseslint from "typescript-eslint";

const PURE = ["src/hand/**", "src/camera/**", "src/tracking/**", "src/gestures/**"];

export default tseslint.config(
    { ignores: ["dist/**", "dist-scenes/**", "out/**", "node_modules/**", ".cache/**", "**/*.generated.ts"] },
    ...tseslint.configs.recommended,
    {
        rules: {
            "@typescript-eslint/no-explicit-any": "error",
            "@typescript-eslint/consistent-type-imports": "error",
            "@typescript-eslint/no-non-null-assertion": "off",
            "no-console": ["error", { allow: ["warn", "error"] }],
        },
    },
    { files: ["tests/**", "tools/**", "scenes/**", "*.config.ts"], rules: { "no-console": "off" } },
    {
        // The pure core runs in Node in milliseconds: no engine, no DOM, no network runtime.
        files: PURE,
        rules: {
            "no-restricted-imports": [
                "error",
                {
                    patterns: [
                        "@babylonjs/*",
                        "onnxruntime-*",
                        "**/babylon/*",
                        "**/recovery/*",
                        "**/sources/*",
                        "**/worker/*",
                    ],
                },
            ],
            "no-restricted-globals": ["error", "window", "document", "navigator", "self"],
        },
    }
);
