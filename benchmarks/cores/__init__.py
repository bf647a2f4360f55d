"""What processor cores give: number formats, threads, and one process or several."""
