"""WebSockets with live sessions behind them: limits, drain, slow readers, whatever is said."""
