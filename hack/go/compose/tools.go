//go:build tools

// Package tools pins the programs built from this module.
package tools

import (
	_ "github.com/docker/compose/v2/cmd" // as docker-compose
)
