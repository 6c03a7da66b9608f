// Package httpapi is for services that offer an [icpcode.Engine] over HTTP.
// [Options] is what it must be told of a service: the service says who is asking, from its own session,
// and what is known of servers; neither is ever taken from a request.
//
// # Codes are secrets
//
// No code stands in a URL: a [Handles] seals it for the account that it is
// shown to, and means nothing to any other. Answers show codes masked. A whole
// code stands only in the answer that made it, and its replays, and in the
// answer to an explicit POST, which Options.Reveal is told of first.
package httpapi
