"""What a rehearsal adds to the engine that runs it: SGLang imports each module of this package."""
