package main

import (
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// notes are what a reader should know of how the facts of a server were found,
// and of what its records contradict each other about.
func (a *answer) notes(l icpcode.Lang) []string {
	var texts []string
	for _, k := range a.server.Conflicts {
		texts = append(texts, k.Text(l))
	}
	for n := range a.terms {
		texts = append(texts, a.terms[n].text(speaker{l}))
	}
	for _, n := range a.server.Notes {
		texts = append(texts, n.Text(l))
	}
	return texts
}

// jsonConflict is the JSON form of a conflict.
type jsonConflict struct {
	Fact  string     `json:"fact"`
	Taken string     `json:"taken"` // "unknown": none of them
	Said  []jsonSaid `json:"said"`
}

type jsonSaid struct {
	Value  string `json:"value"`
	File   string `json:"file"`
	Record int    `json:"record"` // in the file, from 1
}

func conflictOf(k inventory.Conflict) jsonConflict {
	j := jsonConflict{Fact: k.Fact, Taken: k.Taken}
	for _, s := range k.Said {
		j.Said = append(j.Said, jsonSaid{s.Value, s.File, s.Record})
	}
	return j
}
