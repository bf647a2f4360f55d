"""Words with times written down as segments and subtitles."""
