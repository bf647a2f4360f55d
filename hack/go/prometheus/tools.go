//go:build tools

// Package tools pins the programs built from this module.
package tools

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus" // with tags remove_all_sd,enable_kubernetes_sd
	_ "github.com/prometheus/prometheus/cmd/promtool"   // with tags remove_all_sd,enable_kubernetes_sd
)
