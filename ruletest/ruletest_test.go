package ruletest

import (
	"testing"

	"github.com/icpcode/icpcode"
)

func TestRun(t *testing.T) { Run(t, icpcode.Alibaba()) }
