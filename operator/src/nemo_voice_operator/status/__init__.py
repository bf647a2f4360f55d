"""What the status of a VoiceService says, decided from what was observed."""
