// Package httpapi puts an [icpcode.Engine] behind HTTP, as an [http.Handler]
// to mount in a service. The service says who is asking, from its own session,
// and what is known of servers; neither is ever taken from a request:
//
//	api := httpapi.New(engine, httpapi.Options{
//		Account: session,   // who is asking
//		Facts:   inventory, // what that account may know of a server
//		Key:     key,       // seals the handles of codes
//	})
//	mux.Handle("/icp/", http.StripPrefix("/icp", api))
//
// [Document] describes it in OpenAPI 3.1, and so does the handler itself, at
// /v1/openapi.json.
//
// # Changes
//
// A change is a POST with an Idempotency-Key, which is the request ID: the
// same request with the same key takes effect once and gets the first answer.
// With ?dry_run=true it says what would be answered and changes nothing. A page
// of another origin cannot change anything.
//
// # Problems
//
// What is no success is application/problem+json, by the statuses that stand
// at [icpcode.Category], in the language asked for. A refusal has every reason.
// The same key with another request is answered 422.
//
// # Codes are secrets
//
// No code stands in a URL: a handle, of [Handles], seals it for the account
// that it is shown to, and means nothing to any other. Answers show codes
// masked. A whole code stands only in the answer that made it, and its
// replays, and in the answer to an explicit POST, which Options.Reveal is told
// of first.
package httpapi
