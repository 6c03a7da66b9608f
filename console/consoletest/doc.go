// Package consoletest has nothing but tests: of the console in Chromium, which
// tools/browser installs, along the paths of the provider's documents. Its
// tests are skipped where there is no Chromium, but in CI they fail.
package consoletest
